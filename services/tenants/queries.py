"""Reads of `tenants`."""

from __future__ import annotations

from services.common.contracts.tenants import (
    Channel,
    ChannelPage,
    ChannelRoutes,
    CheckTelegramLogin,
    CheckVerifyToken,
    FindChannels,
    FindSalon,
    GetChannel,
    GetSalon,
    ListChannels,
    ListSalons,
    ListTenants,
    PlanCode,
    Quantity,
    Salon,
    SalonPage,
    SalonRoute,
    SalonUnknown,
    Settings,
    Subscription,
    SuspendedTenants,
    TelegramPerson,
    Tenant,
    TenantPage,
    Usage,
    VerifyTokenCheck,
)
from services.common.kit.envelope import KeyRing
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.domain import credentials, plans, platform, telegram
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.credentials import opened
from services.tenants.repository.plan_use import use_of
from services.tenants.repository.platform import PlatformRepository
from services.tenants.repository.salons import SalonReader
from services.tenants.repository.tenants import SettingsRepository, TenantRepository


def get_tenant(uow: UnitOfWork) -> Tenant:
    """The caller's tenant."""
    return views.tenant(TenantRepository(uow).get_tenant())


def get_settings(uow: UnitOfWork) -> Settings:
    """How the caller's tenant wants things done."""
    tenant, settings = TenantRepository(uow).get_tenant(), SettingsRepository(uow).find()
    return views.settings(tenant, settings, ChannelRepository(uow).find_default())


def get_subscription(uow: UnitOfWork) -> Subscription:
    """The plan of the caller's tenant."""
    return views.subscription(TenantRepository(uow).get_tenant())


def get_usage(uow: UnitOfWork) -> Usage:
    """Use of the plan in the present month."""
    tenant = TenantRepository(uow).get_tenant()
    plan, use = PlanCode(tenant.plan), use_of(uow, tenant)
    limits, month = plans.LIMITS[plan], use.month
    return Usage(
        plan=plan,
        month=month.name,
        timezone=tenant.timezone,
        from_=month.start,
        to=month.end,
        channels=_quantity(use.channels, limits.channels),
        messages=_quantity(use.messages, limits.messages_per_month),
    )


def _quantity(used: int, limit: int) -> Quantity:
    return Quantity(used=used, limit=limit, percent=plans.percent(used, limit))


def get_salon(request: GetSalon, uow: UnitOfWork) -> Salon:
    """One location: the tenant's, or any for a super admin without a tenant."""
    _check_all_may_be_seen(uow)
    row, phone_number_id = SalonReader(uow).get_salon(request.salon_id)
    return views.salon(row, phone_number_id)


def list_salons(request: ListSalons, uow: UnitOfWork) -> SalonPage:
    """A page of locations: the tenant's, or all for a super admin without a tenant."""
    _check_all_may_be_seen(uow)
    page = SalonReader(uow).list_salons(request)
    return SalonPage(salons=[views.salon(row[0], row[1]) for row in page.rows], pagination=page.pagination)


def _check_all_may_be_seen(uow: UnitOfWork) -> None:
    if not uow.has_tenant:
        platform.check_admin(uow.context.role)


def get_channel(request: GetChannel, uow: UnitOfWork) -> Channel:
    """One channel."""
    return views.channel(ChannelRepository(uow).get_channel(request.channel_id))


def list_channels(request: ListChannels, uow: UnitOfWork) -> ChannelPage:
    """A page of channels."""
    page = ChannelRepository(uow).list_channels(request)
    return ChannelPage(channels=[views.channel(row[0]) for row in page.rows], pagination=page.pagination)


def find_channels(request: FindChannels, uow: UnitOfWork) -> ChannelRoutes:
    """Whose channels a provider's id belongs to, across tenants."""
    wanted = credentials.provider_id(request.phone_number_id, request.business_account_id)
    found = PlatformRepository(uow).find_channels(**wanted)
    return ChannelRoutes(routes=[views.route(row) for row in found])


def find_salon(request: FindSalon, uow: UnitOfWork) -> SalonRoute:
    """Whose salon has this slug, across tenants."""
    salon = PlatformRepository(uow).find_salon(request.slug)
    with uow.as_tenant(salon.tenant_id):
        tenant = TenantRepository(uow).get_tenant()
    return SalonRoute(tenant=views.tenant(tenant), salon_id=salon.id, name=salon.name)


def check_telegram_login(request: CheckTelegramLogin, uow: UnitOfWork, keys: KeyRing) -> TelegramPerson:
    """Who signed in at the salon's bot. Its token is opened here and goes nowhere."""
    salon = PlatformRepository(uow).find_salon(request.salon_slug)
    with uow.as_tenant(salon.tenant_id):
        tenant, bot = TenantRepository(uow).get_tenant(), ChannelRepository(uow).find_bot(salon.id)
    token = None if bot is None else opened(bot, keys)
    if bot is None or token is None:
        raise SalonUnknown
    person = telegram.check_login(request.widget, request.init_data, str(token), uow.now.timestamp())
    return views.telegram_person(person, tenant, salon.id, bot.id)


def check_verify_token(request: CheckVerifyToken, uow: UnitOfWork) -> VerifyTokenCheck:
    """Whether some tenant has this verify token, enabled."""
    return VerifyTokenCheck(accepted=PlatformRepository(uow).has_verify_token(request.token_hash))


def list_tenants(request: ListTenants, uow: UnitOfWork) -> TenantPage:
    """A page of all tenants."""
    platform.check_admin(uow.context.role)
    page = PlatformRepository(uow).list_tenants(request)
    return TenantPage(tenants=[views.tenant(row[0]) for row in page.rows], pagination=page.pagination)


def list_suspended_tenants(uow: UnitOfWork) -> SuspendedTenants:
    """All whose users and keys are refused."""
    return SuspendedTenants(tenant_ids=list(PlatformRepository(uow).list_suspended()))
