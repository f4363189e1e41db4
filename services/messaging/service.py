"""`messaging`: every message in, once; every message out, once."""

from __future__ import annotations

from services.common.contracts import messaging
from services.common.contracts.base import Envelope
from services.common.contracts.gateway import WebhookReceivedV1
from services.common.contracts.tenants import ChannelConnectedV1
from services.common.kit.entrypoints import SYSTEM, Runtime, on, query
from services.common.kit.service import Service
from services.common.kit.uow import UnitOfWork
from services.messaging import queries
from services.messaging.commands import copy_channel, file_webhooks
from services.messaging.settings import MessagingSettings


class MessagingService(Service):
    """The table of contents."""

    name = messaging.SERVICE
    runtime = Runtime(MessagingSettings)

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

    @query(messaging.ReportWebhooks, SYSTEM)
    def report_webhooks(self, request: messaging.ReportWebhooks, uow: UnitOfWork) -> messaging.WebhookReports:
        return queries.report_webhooks(request, uow)

    @on(WebhookReceivedV1, batch=True)
    def on_webhook_received_v1(self, envelopes: list[Envelope], uow: UnitOfWork) -> None:
        file_webhooks.run(envelopes, uow)

    @on(ChannelConnectedV1, SYSTEM)
    def on_channel_connected_v1(self, event: ChannelConnectedV1, uow: UnitOfWork) -> None:
        copy_channel.run(event, uow)
