"""Make a sending identity."""

from __future__ import annotations

from services.common.contracts.base import UNSET
from services.common.contracts.tenants import Channel, ChannelType, CreateChannel, PlanCode
from services.common.kit.envelope import KeyRing
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.domain import audit, credentials, plans
from services.tenants.models import ChannelRow
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.credentials import sealed
from services.tenants.repository.new_channels import new_channel
from services.tenants.repository.tenants import TenantRepository


def run(request: CreateChannel, uow: UnitOfWork, keys: KeyRing) -> Channel:
    """The tenant is locked meanwhile, so that no two callers take the last place of the plan."""
    token = _check(request)
    channels = ChannelRepository(uow)
    plan = PlanCode(TenantRepository(uow).lock_tenant().plan)
    plans.check_channel_limit(plan, channels.count_active())
    row = _row(request, uow, token, keys)
    if not request.is_active or channels.proved_elsewhere(row) is False:
        row.is_active = False
    channels.add_channel(row)
    made = views.channel(row)
    uow.publish(views.channel_connected(row))
    uow.publish(audit.entry(uow.context, "channel.created", ("channel", row.id), None, made))
    return made


def _check(request: CreateChannel) -> str:
    """The credential of this kind of channel."""
    bot_token = None if request.bot_token is UNSET else request.bot_token
    credentials.check_parts(
        request.type,
        {
            "phoneNumberId": request.phone_number_id,
            "businessAccountId": request.business_account_id,
            "accessToken": request.access_token,
            "botToken": bot_token,
        },
    )
    return (bot_token if request.type is ChannelType.TELEGRAM else request.access_token) or ""


def _row(request: CreateChannel, uow: UnitOfWork, token: str, keys: KeyRing) -> ChannelRow:
    row = new_channel(uow, request.type, request.name)
    row.salon_id = request.salon_id
    row.phone_number_id = request.phone_number_id
    row.business_account_id = request.business_account_id
    row.display_phone_number = request.display_phone_number
    row.bot_id = credentials.bot_id_of(token) if request.type is ChannelType.TELEGRAM else None
    for name, value in sealed(row, token, keys).items():
        setattr(row, name, value)
    return row
