"""Connect a sending identity."""

from __future__ import annotations

from services.common.contracts.tenants import Channel, ChannelConnectedV1, ChannelType, CreateChannel, PlanCode
from services.common.kit import ids
from services.common.kit.envelope import KeyRing, Place
from services.common.kit.uow import UnitOfWork
from services.tenants import domain, views
from services.tenants.models import ChannelRow
from services.tenants.repository import ChannelRepository, TenantRepository


def run(request: CreateChannel, uow: UnitOfWork, keys: KeyRing) -> Channel:
    """Connect a channel. The tenant is locked meanwhile, so that no two callers take the last place of the plan."""
    domain.check_channel_kind(request.type)
    domain.check_credentials(
        {
            "phoneNumberId": request.phone_number_id,
            "businessAccountId": request.business_account_id,
            "accessToken": request.access_token,
        }
    )
    channels = ChannelRepository(uow)
    plan = PlanCode(TenantRepository(uow).lock_tenant().plan)
    domain.check_channel_limit(plan, channels.count_active())
    row = _row(request, uow, keys)
    channels.add_channel(row)
    uow.publish(_connected(row))
    return views.channel(row)


def _row(request: CreateChannel, uow: UnitOfWork, keys: KeyRing) -> ChannelRow:
    channel_id, token = ids.new_id(), request.access_token or ""
    return ChannelRow(
        tenant_id=uow.tenant_id,
        id=channel_id,
        type=request.type.value,
        name=request.name,
        salon_id=request.salon_id,
        phone_number_id=request.phone_number_id,
        business_account_id=request.business_account_id,
        display_phone_number=request.display_phone_number,
        credentials=keys.seal(token, Place(uow.tenant_id, "channels", "credentials", channel_id)),
        credentials_hint=domain.hint_of(token),
        is_active=True,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
    )


def _connected(row: ChannelRow) -> ChannelConnectedV1:
    return ChannelConnectedV1(
        channel_id=row.id,
        channel_type=ChannelType(row.type),
        name=row.name,
        salon_id=row.salon_id,
        phone_number_id=row.phone_number_id,
        business_account_id=row.business_account_id,
        display_phone_number=row.display_phone_number,
        credentials=row.credentials,
        is_active=row.is_active,
        version=row.version,
    )
