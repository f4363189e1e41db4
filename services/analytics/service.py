"""`analytics`: figures, counted from the events of the others."""

from __future__ import annotations

from services.analytics import queries
from services.analytics.commands import copy_tenant, count_queued, count_received, count_statuses
from services.analytics.settings import AnalyticsSettings
from services.common.contracts import analytics
from services.common.contracts.base import Envelope
from services.common.contracts.messaging import MessageQueuedV1, MessageReceivedV1, MessageStatusChangedV1
from services.common.contracts.tenants import TenantCreatedV1
from services.common.kit.entrypoints import Runtime, on, query
from services.common.kit.service import Service
from services.common.kit.uow import UnitOfWork


class AnalyticsService(Service):
    """The table of contents."""

    name = analytics.SERVICE
    runtime = Runtime(AnalyticsSettings)

    @query(analytics.GetOverview)
    def get_overview(self, request: analytics.GetOverview, uow: UnitOfWork) -> analytics.Overview:
        return queries.get_overview(request, uow)

    @on(TenantCreatedV1)
    def on_tenant_created_v1(self, event: TenantCreatedV1, uow: UnitOfWork) -> None:
        copy_tenant.run(event, uow)

    @on(MessageReceivedV1, batch=True)
    def on_message_received_v1(self, envelopes: list[Envelope], uow: UnitOfWork) -> None:
        count_received.run(envelopes, uow)

    @on(MessageQueuedV1, batch=True)
    def on_message_queued_v1(self, envelopes: list[Envelope], uow: UnitOfWork) -> None:
        count_queued.run(envelopes, uow)

    @on(MessageStatusChangedV1, batch=True)
    def on_message_status_changed_v1(self, envelopes: list[Envelope], uow: UnitOfWork) -> None:
        count_statuses.run(envelopes, uow)
