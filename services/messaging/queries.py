"""Reads of messaging."""

from __future__ import annotations

from services.common.contracts.messaging import (
    ConversationDetail,
    ConversationPage,
    GetConversation,
    GetMessage,
    ListConversations,
    ListMessages,
    Message,
    MessagePage,
    ReportWebhooks,
    WebhookReports,
)
from services.common.kit.uow import UnitOfWork
from services.messaging import views
from services.messaging.repository.reading import ConversationReader, MessageReader
from services.messaging.repository.webhooks import WebhookRepository

_LATEST = 50
"""Messages that come with a conversation."""


def get_message(request: GetMessage, uow: UnitOfWork) -> Message:
    """One message."""
    reader = MessageReader(uow)
    row = reader.get_message(request.message_id)
    (message,) = views.messages([row], reader.histories([row]))
    return message


def list_messages(request: ListMessages, uow: UnitOfWork) -> MessagePage:
    """A page of messages."""
    reader = MessageReader(uow)
    page = reader.list_messages(request)
    return MessagePage(messages=views.messages(page.rows, reader.histories(page.rows)), pagination=page.pagination)


def get_conversation(request: GetConversation, uow: UnitOfWork) -> ConversationDetail:
    """One conversation with its latest messages."""
    row, reader = ConversationReader(uow).get_conversation(request.conversation_id), MessageReader(uow)
    latest = reader.latest(request.conversation_id, _LATEST)
    return views.conversation_detail(row, views.messages(latest, reader.histories(latest)), uow.now)


def list_conversations(request: ListConversations, uow: UnitOfWork) -> ConversationPage:
    """A page of conversations."""
    page = ConversationReader(uow).list_conversations(request)
    conversations = [views.conversation(row, uow.now) for row in page.rows]
    return ConversationPage(conversations=conversations, pagination=page.pagination)


def report_webhooks(request: ReportWebhooks, uow: UnitOfWork) -> WebhookReports:
    """What became of webhook bodies."""
    hashes = [body_hash.lower() for body_hash in request.body_hashes]
    found = WebhookRepository(uow).report(hashes)
    return WebhookReports(reports=[views.webhook_report(body, items) for body, items in found])
