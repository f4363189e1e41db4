"""Rows of `tenants` as the world sees them."""

from __future__ import annotations

from services.common.contracts.tenants import (
    Address,
    Channel,
    ChannelRoute,
    ChannelType,
    Confirmation,
    PlanCode,
    Salon,
    Tenant,
    TenantStatus,
)
from services.tenants.models import ChannelRow, SalonRow, TenantRow

_MASK = "••••"


def tenant(row: TenantRow) -> Tenant:
    """The whole of a tenant."""
    return Tenant(
        id=row.tenant_id,
        name=row.name,
        slug=row.slug,
        plan=PlanCode(row.plan),
        status=TenantStatus(row.status),
        timezone=row.timezone,
        locale=row.locale,
        currency=row.currency,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def salon(row: SalonRow, phone_number_id: str | None) -> Salon:
    """A salon with the number of its default channel."""
    return Salon(
        id=row.id,
        name=row.name,
        slug=row.slug,
        timezone=row.timezone,
        currency=row.currency,
        phone=row.phone,
        email=row.email,
        address=None if row.address is None else Address.from_wire(row.address),
        opening_hours=row.opening_hours,
        phone_number_id=phone_number_id,
        slot_alignment=row.slot_alignment,
        confirmation=Confirmation(row.confirmation),
        is_active=row.is_active,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def channel(row: ChannelRow) -> Channel:
    """A channel without its credentials: they were write-only."""
    return Channel(
        id=row.id,
        type=ChannelType(row.type),
        name=row.name,
        salon_id=row.salon_id,
        phone_number_id=row.phone_number_id,
        business_account_id=row.business_account_id,
        display_phone_number=row.display_phone_number,
        access_token=_MASK + row.credentials_hint,
        is_active=row.is_active,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def route(row: ChannelRow) -> ChannelRoute:
    """Where to deliver what comes in for a number."""
    return ChannelRoute(
        tenant_id=row.tenant_id,
        channel_id=row.id,
        type=ChannelType(row.type),
        phone_number_id=row.phone_number_id,
        business_account_id=row.business_account_id,
    )
