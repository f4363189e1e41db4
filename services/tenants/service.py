"""`tenants`: the subscribing businesses, their salons and their channels."""

from __future__ import annotations

from services.common.contracts import tenants
from services.common.kit.entrypoints import SYSTEM, Provide, Runtime, command, query
from services.common.kit.envelope import KeyRing
from services.common.kit.service import Service
from services.common.kit.uow import UnitOfWork
from services.tenants import queries
from services.tenants.commands import create_channel, create_salon, create_tenant
from services.tenants.settings import TenantsSettings


class TenantsService(Service):
    """The table of contents."""

    name = tenants.SERVICE
    runtime = Runtime(TenantsSettings)
    settings = Provide(lambda settings: settings)
    keys = Provide(lambda settings: KeyRing.from_setting(settings.envelope_keys))

    @command(tenants.CreateTenant, scope=SYSTEM)
    def create_tenant(self, request: tenants.CreateTenant, uow: UnitOfWork) -> tenants.Tenant:
        return create_tenant.run(request, uow, self.settings)

    @query(tenants.GetTenant)
    def get_tenant(self, _request: tenants.GetTenant, uow: UnitOfWork) -> tenants.Tenant:
        return queries.get_tenant(uow)

    @command(tenants.CreateSalon)
    def create_salon(self, request: tenants.CreateSalon, uow: UnitOfWork) -> tenants.Salon:
        return create_salon.run(request, uow)

    @query(tenants.GetSalon)
    def get_salon(self, request: tenants.GetSalon, uow: UnitOfWork) -> tenants.Salon:
        return queries.get_salon(request, uow)

    @query(tenants.ListSalons)
    def list_salons(self, request: tenants.ListSalons, uow: UnitOfWork) -> tenants.SalonPage:
        return queries.list_salons(request, uow)

    @command(tenants.CreateChannel)
    def create_channel(self, request: tenants.CreateChannel, uow: UnitOfWork) -> tenants.Channel:
        return create_channel.run(request, uow, self.keys)

    @query(tenants.GetChannel)
    def get_channel(self, request: tenants.GetChannel, uow: UnitOfWork) -> tenants.Channel:
        return queries.get_channel(request, uow)

    @query(tenants.ListChannels)
    def list_channels(self, request: tenants.ListChannels, uow: UnitOfWork) -> tenants.ChannelPage:
        return queries.list_channels(request, uow)

    @query(tenants.FindChannels, scope=SYSTEM)
    def find_channels(self, request: tenants.FindChannels, uow: UnitOfWork) -> tenants.ChannelRoutes:
        return queries.find_channels(request, uow)
