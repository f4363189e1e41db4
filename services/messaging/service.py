"""`messaging`: every message in, once; every message out, once."""

from __future__ import annotations

from datetime import timedelta

from services.common.contracts import messaging
from services.common.contracts.base import Envelope
from services.common.contracts.gateway import WebhookReceivedV1
from services.common.contracts.tenants import ChannelConnectedV1, TenantCreatedV1, TenantUpdatedV1
from services.common.kit.entrypoints import SYSTEM, Begin, Later, Provide, Runtime, command, every, on, query
from services.common.kit.envelope import KeyRing
from services.common.kit.patience import Places
from services.common.kit.service import Service
from services.common.kit.uow import UnitOfWork
from services.messaging import queries
from services.messaging.adapters.graph_api import GraphApi
from services.messaging.adapters.graph_templates import GraphTemplates
from services.messaging.commands import (
    copy_channel,
    copy_plan,
    file_webhooks,
    forget_webhooks,
    queue_message,
    refile_webhooks,
    send_messages,
    sync_templates,
)
from services.messaging.commands.send_messages import PostOffice
from services.messaging.commands.sync_templates import Catalogue
from services.messaging.settings import MessagingSettings


def _graph(settings: MessagingSettings) -> GraphApi:
    return GraphApi(settings.graph_api_url, settings.graph_api_version, settings.graph_timeouts)


def _post_office(settings: MessagingSettings) -> PostOffice:
    return PostOffice(_graph(settings), KeyRing.from_setting(settings.envelope_keys), settings.send_lease)


def _catalogue(settings: MessagingSettings) -> Catalogue:
    return Catalogue(GraphTemplates(_graph(settings)), KeyRing.from_setting(settings.envelope_keys), Places())


def _retention(settings: MessagingSettings) -> timedelta:
    return settings.webhook_retention


class MessagingService(Service):
    """The table of contents."""

    name = messaging.SERVICE
    runtime = Runtime(MessagingSettings)
    office = Provide(_post_office)
    catalogue = Provide(_catalogue)
    retention = Provide(_retention)

    @command(messaging.QueueMessage)
    def queue_message(self, request: messaging.QueueMessage, uow: UnitOfWork) -> messaging.Message:
        return queue_message.run(request, uow)

    @query(messaging.GetMessage)
    def get_message(self, request: messaging.GetMessage, uow: UnitOfWork) -> messaging.Message:
        return queries.get_message(request, uow)

    @query(messaging.ListMessages)
    def list_messages(self, request: messaging.ListMessages, uow: UnitOfWork) -> messaging.MessagePage:
        return queries.list_messages(request, uow)

    @query(messaging.GetConversation)
    def get_conversation(self, request: messaging.GetConversation, uow: UnitOfWork) -> messaging.ConversationDetail:
        return queries.get_conversation(request, uow)

    @query(messaging.ListConversations)
    def list_conversations(self, request: messaging.ListConversations, uow: UnitOfWork) -> messaging.ConversationPage:
        return queries.list_conversations(request, uow)

    @query(messaging.GetTemplate)
    def get_template(self, request: messaging.GetTemplate, uow: UnitOfWork) -> messaging.Template:
        return queries.get_template(request, uow)

    @query(messaging.ListTemplates)
    def list_templates(self, request: messaging.ListTemplates, uow: UnitOfWork) -> messaging.TemplatePage:
        return queries.list_templates(request, uow)

    @command(messaging.SyncTemplates, steps=True)
    def sync_templates(self, request: messaging.SyncTemplates, begin: Begin) -> messaging.TemplateSync:
        return sync_templates.run(request, begin, self.catalogue)

    @query(messaging.ReportWebhooks, SYSTEM)
    def report_webhooks(self, request: messaging.ReportWebhooks, uow: UnitOfWork) -> messaging.WebhookReports:
        return queries.report_webhooks(request, uow)

    @command(messaging.RefileWebhooks, SYSTEM, steps=True)
    def refile_webhooks(self, request: messaging.RefileWebhooks, begin: Begin) -> messaging.WebhookReports:
        return refile_webhooks.run(request, begin)

    @on(WebhookReceivedV1, batch=True)
    def on_webhook_received_v1(self, envelopes: list[Envelope], uow: UnitOfWork) -> None:
        file_webhooks.run(envelopes, uow)

    @on(ChannelConnectedV1, SYSTEM, steps=True)
    def on_channel_connected_v1(self, event: ChannelConnectedV1, begin: Begin) -> None:
        if not copy_channel.run(event, begin):
            raise Later(1, "the process stops, and more has been waiting for the channel")

    @on(TenantCreatedV1)
    def on_tenant_created_v1(self, event: TenantCreatedV1, uow: UnitOfWork) -> None:
        copy_plan.run(event, uow)

    @on(TenantUpdatedV1)
    def on_tenant_updated_v1(self, event: TenantUpdatedV1, uow: UnitOfWork) -> None:
        copy_plan.run(event, uow)

    @on(messaging.MessageQueuedV1, steps=True)
    def on_message_queued_v1(self, event: messaging.MessageQueuedV1, begin: Begin) -> None:
        wait = send_messages.run(event.message_id, begin.context.tenant_id or "", begin, self.office)
        if wait is not None:
            raise Later(wait, "an earlier message of the conversation, or the next attempt is not due")

    @every(15, steps=True)
    def send_what_is_stuck(self, begin: Begin) -> None:
        for tenant_id, message_id in queries.list_stuck_sends(begin):
            send_messages.run(message_id, tenant_id, begin, self.office)

    @every(3600, steps=True)
    def forget_old_webhooks(self, begin: Begin) -> None:
        forget_webhooks.run(begin, self.retention)
