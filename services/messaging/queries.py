"""Reads of messaging."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from services.common.contracts.messaging import (
    ConversationDetail,
    ConversationPage,
    GetConversation,
    GetMessage,
    GetTemplate,
    ListConversations,
    ListMessages,
    ListTemplates,
    Message,
    MessagePage,
    ReportWebhooks,
    Template,
    TemplatePage,
    WebhookReports,
)
from services.common.kit.begin import Begin
from services.common.kit.uow import SYSTEM, TENANT, UnitOfWork
from services.messaging import views
from services.messaging.repository.channels import RoutingRepository
from services.messaging.repository.reading import ConversationReader, MessageReader
from services.messaging.repository.sends import SendRepository
from services.messaging.repository.templates import TemplateRepository
from services.messaging.repository.webhooks import WebhookRepository

_STUCK_AFTER = timedelta(seconds=30)
_AT_ONCE = 100
_LATEST = 50
"""Messages that come with a conversation."""


def get_message(request: GetMessage, uow: UnitOfWork) -> Message:
    """One message."""
    return views.message(MessageReader(uow).get_message(request.message_id))


def list_messages(request: ListMessages, uow: UnitOfWork) -> MessagePage:
    """A page of messages."""
    page = MessageReader(uow).list_messages(request)
    return MessagePage(messages=[views.message(row) for row in page.rows], pagination=page.pagination)


def get_conversation(request: GetConversation, uow: UnitOfWork) -> ConversationDetail:
    """One conversation with its latest messages."""
    row = ConversationReader(uow).get_conversation(request.conversation_id)
    latest = MessageReader(uow).latest(request.conversation_id, _LATEST)
    return views.conversation_detail(row, [views.message(message) for message in latest], uow.now)


def list_conversations(request: ListConversations, uow: UnitOfWork) -> ConversationPage:
    """A page of conversations."""
    page = ConversationReader(uow).list_conversations(request)
    conversations = [views.conversation(row, uow.now) for row in page.rows]
    return ConversationPage(conversations=conversations, pagination=page.pagination)


def get_template(request: GetTemplate, uow: UnitOfWork) -> Template:
    """One template."""
    return views.template(TemplateRepository(uow).get_template(request.template_id))


def list_templates(request: ListTemplates, uow: UnitOfWork) -> TemplatePage:
    """A page of templates."""
    page = TemplateRepository(uow).list_templates(request)
    return TemplatePage(templates=[views.template(row[0]) for row in page.rows], pagination=page.pagination)


def report_webhooks(request: ReportWebhooks, uow: UnitOfWork) -> WebhookReports:
    """What became of webhook bodies."""
    hashes = [body_hash.lower() for body_hash in request.body_hashes]
    found = WebhookRepository(uow).report(hashes)
    return WebhookReports(reports=[views.webhook_report(body, items) for body, items in found])


def list_stuck_sends(begin: Begin) -> Iterator[tuple[str, str]]:
    """`(tenant id, message id)` of messages that no event takes further: each tenant is asked as itself."""
    with begin(SYSTEM, read_only=True) as uow:
        tenant_ids = RoutingRepository(uow).list_tenants()
    for tenant_id in tenant_ids:
        with begin(TENANT, tenant_id, read_only=True) as uow:
            stuck = SendRepository(uow).list_stuck(uow.now - _STUCK_AFTER, _AT_ONCE)
        yield from ((tenant_id, message_id) for message_id in stuck)
