"""Making channels: from scratch, or for a number that a salon or the settings name."""

from __future__ import annotations

from services.common.contracts.tenants import ChannelType, NumberTaken, PlanCode
from services.common.kit import ids
from services.common.kit.uow import UnitOfWork
from services.tenants.domain import credentials, plans
from services.tenants.models import ChannelRow, TenantRow
from services.tenants.repository.channels import ChannelRepository

_PROVED_ELSEWHERE = "Another business has used this number: make a channel of it and connect that."


def new_channel(uow: UnitOfWork, channel_type: ChannelType, name: str) -> ChannelRow:
    """An active channel without credentials, not stored yet."""
    return ChannelRow(
        tenant_id=uow.tenant_id,
        id=ids.new_id(),
        type=channel_type.value,
        name=name,
        credentials_hint="",
        is_active=True,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
    )


def find_or_add(uow: UnitOfWork, tenant: TenantRow, phone_number_id: str) -> ChannelRow:
    """The tenant's channel with a number, made or connected if need be; of a tenant that is locked.

    Raises `PlanLimit`, and `NumberTaken` when another tenant has the number, or once proved that it is its own.
    """
    credentials.raise_for(credentials.faults_of({"phoneNumberId": phone_number_id}))
    channels = ChannelRepository(uow)
    row = channels.lock_by_number(phone_number_id)
    if row is not None and row.is_active:
        return row
    plans.check_channel_limit(PlanCode(tenant.plan), channels.count_active())
    row, is_new = (row, False) if row is not None else (_named(uow, phone_number_id), True)
    if channels.proved_elsewhere(row) is not None:
        raise NumberTaken(_PROVED_ELSEWHERE)
    if is_new:
        channels.add_channel(row)
    else:
        channels.change(row, {"is_active": True})
    return row


def _named(uow: UnitOfWork, phone_number_id: str) -> ChannelRow:
    row = new_channel(uow, ChannelType.WHATSAPP_CLOUD, phone_number_id)
    row.phone_number_id = phone_number_id
    return row
