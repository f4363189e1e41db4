"""`tenants`: the subscribing businesses, their salons and their channels."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from services.common.contracts import tenants
from services.common.contracts.base import Envelope
from services.common.contracts.messaging import MessageQueuedV1, MessageReceivedV1
from services.common.contracts.tenants import ChannelConnectedV1
from services.common.kit.entrypoints import SYSTEM, Begin, Provide, Runtime, command, every, on, query
from services.common.kit.envelope import KeyRing
from services.common.kit.service import Service
from services.common.kit.uow import UnitOfWork
from services.tenants import queries
from services.tenants.adapters.all_providers import all_providers
from services.tenants.commands import (
    administer_tenant,
    change_plan,
    check_channel,
    connect_channel,
    count_usage,
    create_channel,
    create_salon,
    create_tenant,
    delete_channel,
    delete_salon,
    disconnect_channel,
    note_traffic,
    rewrap_credentials,
    tell_anew,
    update_channel,
    update_salon,
    update_settings,
    update_tenant,
    watch_channels,
)
from services.tenants.settings import TenantsSettings


class TenantsService(Service):
    """The table of contents."""

    name = tenants.SERVICE
    runtime = Runtime(TenantsSettings)
    settings = Provide(lambda settings: settings)
    keys = Provide(lambda settings: KeyRing.from_setting(settings.envelope_keys))
    providers = Provide(all_providers)

    @command(tenants.CreateTenant, scope=SYSTEM)
    def create_tenant(self, request: tenants.CreateTenant, uow: UnitOfWork) -> tenants.Tenant:
        return create_tenant.run(request, uow, self.settings)

    @query(tenants.GetTenant)
    def get_tenant(self, _request: tenants.GetTenant, uow: UnitOfWork) -> tenants.Tenant:
        return queries.get_tenant(uow)

    @command(tenants.UpdateTenant)
    def update_tenant(self, request: tenants.UpdateTenant, uow: UnitOfWork) -> tenants.Tenant:
        return update_tenant.run(request, uow)

    @query(tenants.GetSettings)
    def get_settings(self, _request: tenants.GetSettings, uow: UnitOfWork) -> tenants.Settings:
        return queries.get_settings(uow)

    @command(tenants.UpdateSettings, steps=True)
    def update_settings(self, request: tenants.UpdateSettings, begin: Begin) -> tenants.Settings:
        return update_settings.run(request, begin, self.providers, self.keys)

    @query(tenants.GetSubscription)
    def get_subscription(self, _request: tenants.GetSubscription, uow: UnitOfWork) -> tenants.Subscription:
        return queries.get_subscription(uow)

    @command(tenants.ChangePlan)
    def change_plan(self, request: tenants.ChangePlan, uow: UnitOfWork) -> tenants.Subscription:
        return change_plan.run(request, uow)

    @query(tenants.GetUsage)
    def get_usage(self, _request: tenants.GetUsage, uow: UnitOfWork) -> tenants.Usage:
        return queries.get_usage(uow)

    @command(tenants.CreateSalon)
    def create_salon(self, request: tenants.CreateSalon, uow: UnitOfWork) -> tenants.Salon:
        return create_salon.run(request, uow)

    # A super admin has no tenant and is shown all of them; for anybody else the tenant's own transaction is opened.
    @query(tenants.GetSalon, scope=SYSTEM)
    def get_salon(self, request: tenants.GetSalon, uow: UnitOfWork) -> tenants.Salon:
        with _as_caller(uow):
            return queries.get_salon(request, uow)

    @query(tenants.ListSalons, scope=SYSTEM)
    def list_salons(self, request: tenants.ListSalons, uow: UnitOfWork) -> tenants.SalonPage:
        with _as_caller(uow):
            return queries.list_salons(request, uow)

    @command(tenants.UpdateSalon)
    def update_salon(self, request: tenants.UpdateSalon, uow: UnitOfWork) -> tenants.Salon:
        return update_salon.run(request, uow)

    @command(tenants.DeleteSalon)
    def delete_salon(self, request: tenants.DeleteSalon, uow: UnitOfWork) -> None:
        delete_salon.run(request, uow)

    @command(tenants.CreateChannel)
    def create_channel(self, request: tenants.CreateChannel, uow: UnitOfWork) -> tenants.Channel:
        return create_channel.run(request, uow, self.keys)

    @query(tenants.GetChannel)
    def get_channel(self, request: tenants.GetChannel, uow: UnitOfWork) -> tenants.Channel:
        return queries.get_channel(request, uow)

    @query(tenants.ListChannels)
    def list_channels(self, request: tenants.ListChannels, uow: UnitOfWork) -> tenants.ChannelPage:
        return queries.list_channels(request, uow)

    @command(tenants.UpdateChannel, steps=True)
    def update_channel(self, request: tenants.UpdateChannel, begin: Begin) -> tenants.Channel:
        return update_channel.run(request, begin, self.providers, self.keys)

    @command(tenants.DeleteChannel, steps=True)
    def delete_channel(self, request: tenants.DeleteChannel, begin: Begin) -> None:
        delete_channel.run(request, begin, self.providers, self.keys)

    @command(tenants.ConnectChannel, steps=True)
    def connect_channel(self, request: tenants.ConnectChannel, begin: Begin) -> tenants.Channel:
        return connect_channel.run(request, begin, self.providers, self.keys)

    @command(tenants.DisconnectChannel, steps=True)
    def disconnect_channel(self, request: tenants.DisconnectChannel, begin: Begin) -> tenants.Channel:
        return disconnect_channel.run(request, begin, self.providers, self.keys)

    @command(tenants.GetChannelStatus, steps=True)
    def get_channel_status(self, request: tenants.GetChannelStatus, begin: Begin) -> tenants.ChannelHealth:
        return check_channel.run(request, begin, self.providers, self.keys)

    @query(tenants.FindChannels, scope=SYSTEM)
    def find_channels(self, request: tenants.FindChannels, uow: UnitOfWork) -> tenants.ChannelRoutes:
        return queries.find_channels(request, uow)

    @query(tenants.FindSalon, scope=SYSTEM)
    def find_salon(self, request: tenants.FindSalon, uow: UnitOfWork) -> tenants.SalonRoute:
        return queries.find_salon(request, uow)

    @query(tenants.CheckTelegramLogin, scope=SYSTEM)
    def check_telegram_login(self, request: tenants.CheckTelegramLogin, uow: UnitOfWork) -> tenants.TelegramPerson:
        return queries.check_telegram_login(request, uow, self.keys)

    @query(tenants.CheckVerifyToken, scope=SYSTEM)
    def check_verify_token(self, request: tenants.CheckVerifyToken, uow: UnitOfWork) -> tenants.VerifyTokenCheck:
        return queries.check_verify_token(request, uow)

    @query(tenants.ListTenants, scope=SYSTEM)
    def list_tenants(self, request: tenants.ListTenants, uow: UnitOfWork) -> tenants.TenantPage:
        return queries.list_tenants(request, uow)

    @command(tenants.AdminUpdateTenant, scope=SYSTEM)
    def admin_update_tenant(self, request: tenants.AdminUpdateTenant, uow: UnitOfWork) -> tenants.Tenant:
        return administer_tenant.run(request, uow)

    @query(tenants.ListSuspendedTenants, scope=SYSTEM)
    def list_suspended_tenants(
        self, _request: tenants.ListSuspendedTenants, uow: UnitOfWork
    ) -> tenants.SuspendedTenants:
        return queries.list_suspended_tenants(uow)

    @on(MessageQueuedV1, batch=True)
    def on_message_queued_v1(self, envelopes: list[Envelope], uow: UnitOfWork) -> None:
        count_usage.run(envelopes, uow)

    @on(MessageReceivedV1, batch=True)
    def on_message_received_v1(self, envelopes: list[Envelope], uow: UnitOfWork) -> None:
        note_traffic.run(envelopes, uow)

    @on(ChannelConnectedV1)
    def on_channel_connected_v1(self, _event: ChannelConnectedV1, uow: UnitOfWork) -> None:
        watch_channels.run(uow)

    @every(30, steps=True)
    def tell_anew(self, begin: Begin) -> None:
        tell_anew.run(begin)

    @every(30, steps=True)
    def rewrap_credentials(self, begin: Begin) -> None:
        rewrap_credentials.run(begin, self.keys)


def _as_caller(uow: UnitOfWork) -> AbstractContextManager[None]:
    tenant_id = uow.context.tenant_id
    return nullcontext() if tenant_id is None else uow.as_tenant(tenant_id)
