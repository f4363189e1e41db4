"""Rows of `tenants` as the world sees them."""

from __future__ import annotations

from datetime import UTC, datetime

from services.common.contracts.tenants import (
    Address,
    Channel,
    ChannelConnectedV1,
    ChannelRoute,
    ChannelStatus,
    ChannelType,
    Confirmation,
    Plan,
    PlanCode,
    QuietHours,
    Salon,
    Settings,
    SettingsUpdatedV1,
    Subscription,
    TelegramPerson,
    Tenant,
    TenantStatus,
    TenantUpdatedV1,
    WebhookConfig,
    WhatsappConfig,
)
from services.tenants.domain import plans
from services.tenants.domain.credentials import masked
from services.tenants.domain.telegram import Person
from services.tenants.models import ChannelRow, SalonRow, SettingsRow, TenantRow

EDITION = 1
"""Of what others copy of a tenant and its channels: one more with each field that a copy cannot do without."""


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
        tenant_id=row.tenant_id,
    )


def channel(row: ChannelRow) -> Channel:
    """A channel without its credentials: they were write-only."""
    shown = None if row.credentials is None else masked(row.credentials_hint)
    is_bot = row.type == ChannelType.TELEGRAM.value
    return Channel(
        id=row.id,
        type=ChannelType(row.type),
        name=row.name,
        salon_id=row.salon_id,
        phone_number_id=row.phone_number_id,
        business_account_id=row.business_account_id,
        display_phone_number=row.display_phone_number,
        access_token=None if is_bot else shown,
        is_active=row.is_active,
        created_at=row.created_at,
        updated_at=row.updated_at,
        status=channel_status(row),
        verified_at=row.verified_at,
        last_error=row.last_error,
        bot_token=shown if is_bot else None,
        bot_username=row.bot_username,
    )


def channel_status(row: ChannelRow) -> ChannelStatus:
    """How it stands with its provider, as far as we have been told."""
    if not row.is_active:
        return ChannelStatus.DISCONNECTED
    if row.last_error is not None:
        return ChannelStatus.FAILING
    return ChannelStatus.UNVERIFIED if row.verified_at is None else ChannelStatus.CONNECTED


def channel_connected(row: ChannelRow) -> ChannelConnectedV1:
    """A channel for `messaging`. One that must not send needs no credentials there."""
    return ChannelConnectedV1(
        channel_id=row.id,
        channel_type=ChannelType(row.type),
        name=row.name,
        salon_id=row.salon_id,
        phone_number_id=row.phone_number_id,
        business_account_id=row.business_account_id,
        display_phone_number=row.display_phone_number,
        credentials=row.credentials if row.is_active else None,
        is_active=row.is_active,
        version=row.version,
        is_proved=row.verified_at is not None,
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


def tenant_updated(row: TenantRow, settings: SettingsRow | None) -> TenantUpdatedV1:
    """A tenant for who keeps a copy of it."""
    return TenantUpdatedV1(
        tenant=tenant(row),
        mfa_required=settings is not None and settings.require_mfa,
        limits=plans.LIMITS[PlanCode(row.plan)],
    )


def subscription(row: TenantRow) -> Subscription:
    """A tenant's plan, and the others."""
    plan = PlanCode(row.plan)
    return Subscription(
        plan=plan,
        status=TenantStatus(row.status),
        limits=plans.LIMITS[plan],
        plans=[Plan(code=code, limits=limits) for code, limits in plans.LIMITS.items()],
    )


def settings(owner: TenantRow, row: SettingsRow | None, default: ChannelRow | None) -> Settings:
    """The settings of a tenant that may not have said anything yet."""
    return Settings(
        whatsapp_config=_whatsapp_config(default),
        webhook_config=WebhookConfig(
            verify_token=masked("") if row is not None and row.verify_token_hash is not None else None,
            enabled=row is not None and row.webhook_enabled,
        ),
        timezone=owner.timezone,
        locale=owner.locale,
        currency=owner.currency,
        quiet_hours=_quiet_hours(row),
        reminder_times=[] if row is None else list(row.reminder_times),
        require_mfa=row is not None and row.require_mfa,
        updated_at=owner.updated_at if row is None else max(owner.updated_at, row.updated_at),
    )


def _whatsapp_config(default: ChannelRow | None) -> WhatsappConfig:
    if default is None:
        return WhatsappConfig(channel_id=None, phone_number_id=None, business_account_id=None, access_token=None)
    shown = channel(default)
    return WhatsappConfig(
        channel_id=shown.id,
        phone_number_id=shown.phone_number_id,
        business_account_id=shown.business_account_id,
        access_token=shown.access_token,
    )


def _quiet_hours(row: SettingsRow | None) -> QuietHours | None:
    if row is None or row.quiet_from is None or row.quiet_to is None:
        return None
    return QuietHours(from_=row.quiet_from, to=row.quiet_to)


def settings_updated(row: SettingsRow) -> SettingsUpdatedV1:
    """Settings for who keeps a copy of them."""
    return SettingsUpdatedV1(
        quiet_hours=_quiet_hours(row),
        reminder_times=list(row.reminder_times),
        require_mfa=row.require_mfa,
        updated_at=row.updated_at,
    )


def telegram_person(person: Person, owner: TenantRow, salon_id: str, channel_id: str) -> TelegramPerson:
    """Who signed in by Telegram, and where."""
    return TelegramPerson(
        tenant=tenant(owner),
        salon_id=salon_id,
        channel_id=channel_id,
        telegram_id=person.telegram_id,
        first_name=person.first_name,
        last_name=person.last_name,
        username=person.username,
        language_code=person.language_code,
        proof=person.proof,
        expires_at=datetime.fromtimestamp(person.expires_at, UTC),
    )
