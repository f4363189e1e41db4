"""Reads of `tenants`."""

from __future__ import annotations

from services.common.contracts.tenants import (
    Channel,
    ChannelPage,
    ChannelRoutes,
    FindChannels,
    GetChannel,
    GetSalon,
    ListChannels,
    ListSalons,
    Salon,
    SalonPage,
    Tenant,
)
from services.common.kit.uow import UnitOfWork
from services.tenants import domain, views
from services.tenants.repository import ChannelRepository, PlatformRepository, SalonRepository, TenantRepository


def get_tenant(uow: UnitOfWork) -> Tenant:
    """The caller's tenant."""
    return views.tenant(TenantRepository(uow).get_tenant())


def get_salon(request: GetSalon, uow: UnitOfWork) -> Salon:
    """One location."""
    row, phone_number_id = SalonRepository(uow).get_salon(request.salon_id)
    return views.salon(row, phone_number_id)


def list_salons(request: ListSalons, uow: UnitOfWork) -> SalonPage:
    """A page of locations."""
    page = SalonRepository(uow).list_salons(request)
    return SalonPage(salons=[views.salon(row[0], row[1]) for row in page.rows], pagination=page.pagination)


def get_channel(request: GetChannel, uow: UnitOfWork) -> Channel:
    """One channel."""
    return views.channel(ChannelRepository(uow).get_channel(request.channel_id))


def list_channels(request: ListChannels, uow: UnitOfWork) -> ChannelPage:
    """A page of channels."""
    page = ChannelRepository(uow).list_channels(request)
    return ChannelPage(channels=[views.channel(row[0]) for row in page.rows], pagination=page.pagination)


def find_channels(request: FindChannels, uow: UnitOfWork) -> ChannelRoutes:
    """Whose channels a provider's id belongs to, across tenants."""
    wanted = domain.provider_id(request.phone_number_id, request.business_account_id)
    found = PlatformRepository(uow).find_channels(**wanted)
    return ChannelRoutes(routes=[views.route(row) for row in found])
