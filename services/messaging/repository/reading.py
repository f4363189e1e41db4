"""Reads of messages and conversations for those who look at them: columns, not rows, and no query for each line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import aliased

from services.common.contracts.messaging import (
    ConversationUnknown,
    ListConversations,
    ListMessages,
    MessageUnknown,
)
from services.common.kit.paging import MAX_TOTAL, Listing, Order, Page
from services.common.kit.reads import TENANT_ID, Read
from services.common.kit.uow import UnitOfWork
from services.messaging.domain.phones import digits_of
from services.messaging.models import ContactRow, ConversationRow, MessageRow, MessageStatusRow

_Quoted = aliased(MessageRow)

_CONTACT_ID = (
    sa.select(ConversationRow.contact_id)
    .where(ConversationRow.tenant_id == MessageRow.tenant_id, ConversationRow.id == MessageRow.conversation_id)
    .scalar_subquery()
)
_QUOTED_ID = (
    sa.select(_Quoted.id)
    .where(
        _Quoted.tenant_id == MessageRow.tenant_id,
        _Quoted.channel_id == MessageRow.channel_id,
        _Quoted.external_id == MessageRow.reply_to,
    )
    .scalar_subquery()
)
_TOLD = (
    sa.select(sa.func.jsonb_agg(sa.func.jsonb_build_array(MessageStatusRow.status, MessageStatusRow.at), type_=JSONB))
    .where(
        MessageStatusRow.tenant_id == MessageRow.tenant_id,
        MessageStatusRow.channel_id == MessageRow.channel_id,
        MessageStatusRow.external_id == MessageRow.external_id,
        MessageRow.digest.is_(None),
    )
    .scalar_subquery()
)
"""What the provider has told about a message of the business: `[[status, instant], …]`."""

_MESSAGE = (
    MessageRow.id,
    MessageRow.conversation_id,
    _CONTACT_ID.label("contact_id"),
    MessageRow.channel_id,
    MessageRow.direction,
    MessageRow.type,
    MessageRow.status,
    MessageRow.content,
    MessageRow.external_id,
    MessageRow.digest,
    _TOLD.label("told"),
    MessageRow.sender,
    MessageRow.recipient,
    _QUOTED_ID.label("quoted_id"),
    MessageRow.client_message_id,
    MessageRow.error,
    MessageRow.claimed_at,
    MessageRow.sent_at,
    MessageRow.delivered_at,
    MessageRow.read_at,
    MessageRow.failed_at,
    MessageRow.created_at,
    MessageRow.updated_at,
)
_CONVERSATION = (
    ConversationRow.id,
    ConversationRow.contact_id,
    ConversationRow.channel_id,
    ConversationRow.status,
    ConversationRow.assigned_to,
    ConversationRow.tags,
    ConversationRow.priority,
    ConversationRow.unread_count,
    ConversationRow.message_count,
    ConversationRow.last_message_at,
    ConversationRow.last_message_preview,
    ConversationRow.window_expires_at,
    ConversationRow.version,
    ConversationRow.created_at,
    ConversationRow.updated_at,
    ContactRow.name.label("contact_name"),
    ContactRow.username.label("contact_username"),
    ContactRow.phone_number.label("contact_phone_number"),
)


def _messages_with(words: str) -> sa.Subquery:
    """The latest messages that hold the words. The function searches the tenant of the transaction."""
    found = sa.func.search_messages(sa.bindparam(words), MAX_TOTAL)
    columns = (sa.column(name, sa.Uuid(as_uuid=False)) for name in ("message_id", "conversation_id"))
    return sa.select(found.table_valued(*columns).render_derived()).subquery()


def _contacts_with(words: str) -> sa.Subquery:
    """The contacts with the words in their name or number."""
    found = sa.func.search_contacts(sa.bindparam(words), sa.bindparam("digits"), MAX_TOTAL)
    return sa.select(found.table_valued(sa.column("contact_id", sa.Uuid(as_uuid=False))).render_derived()).subquery()


_MESSAGES = sa.select(*_MESSAGE).where(MessageRow.tenant_id == TENANT_ID)
_ONE_MESSAGE = Read(_MESSAGES.where(MessageRow.id == sa.bindparam("message_id")))
_NEWEST_MESSAGE = Order(MessageRow.occurred_at, MessageRow.id, newest_first=True)
_LATEST_MESSAGES = Read(
    _MESSAGES.where(MessageRow.conversation_id == sa.bindparam("conversation_id"))
    .order_by(*_NEWEST_MESSAGE.clauses())
    .limit(sa.bindparam("limit"))
)
_MESSAGE_LIST = Listing(
    _MESSAGES,
    _NEWEST_MESSAGE,
    conversation_id=MessageRow.conversation_id == sa.bindparam("conversation_id"),
    channel_id=MessageRow.channel_id == sa.bindparam("channel_id"),
    direction=MessageRow.direction == sa.bindparam("direction"),
    status=MessageRow.status == sa.bindparam("status"),
    type=MessageRow.type == sa.bindparam("type"),
    since=MessageRow.occurred_at >= sa.bindparam("since"),
    until=MessageRow.occurred_at < sa.bindparam("until"),
    words=MessageRow.id.in_(sa.select(_messages_with("words").c.message_id)),
)

_CONVERSATIONS = (
    sa.select(*_CONVERSATION)
    .join(
        ContactRow,
        sa.and_(ContactRow.tenant_id == ConversationRow.tenant_id, ContactRow.id == ConversationRow.contact_id),
    )
    .where(ConversationRow.tenant_id == TENANT_ID)
)
_ONE_CONVERSATION = Read(_CONVERSATIONS.where(ConversationRow.id == sa.bindparam("conversation_id")))
_CONVERSATION_LIST = Listing(
    _CONVERSATIONS,
    Order(ConversationRow.last_activity_at, ConversationRow.id, newest_first=True),
    status=ConversationRow.status == sa.bindparam("status"),
    assigned_to=ConversationRow.assigned_to == sa.bindparam("assigned_to"),
    channel_id=ConversationRow.channel_id == sa.bindparam("channel_id"),
    tags=ConversationRow.tags.contains(sa.bindparam("tags", type_=ARRAY(sa.Text()))),
    unread=ConversationRow.unread_count > 0,
    read=ConversationRow.unread_count == 0,
    words=sa.or_(
        ConversationRow.contact_id.in_(sa.select(_contacts_with("words").c.contact_id)),
        ConversationRow.id.in_(sa.select(_messages_with("words").c.conversation_id)),
    ),
)


class MessageReader:
    """Messages of one tenant."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def get_message(self, message_id: str) -> Any:
        """Raises `MessageUnknown`."""
        found = self._uow.first(_ONE_MESSAGE, message_id=message_id)
        if found is None:
            raise MessageUnknown
        return found

    def list_messages(self, request: ListMessages) -> Page:
        """A page, newest first."""
        return _MESSAGE_LIST.page(
            self._uow,
            request,
            conversation_id=request.conversation_id,
            channel_id=request.channel_id,
            direction=request.direction,
            status=request.status,
            type=request.type,
            since=request.from_,
            until=request.to,
            words=_pattern(request.q),
        )

    def latest(self, conversation_id: str, limit: int) -> Sequence[Any]:
        """The end of a conversation, newest first."""
        return self._uow.rows(_LATEST_MESSAGES, conversation_id=conversation_id, limit=limit)


class ConversationReader:
    """Conversations of one tenant, each with its contact."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def get_conversation(self, conversation_id: str) -> Any:
        """Raises `ConversationUnknown`."""
        found = self._uow.first(_ONE_CONVERSATION, conversation_id=conversation_id)
        if found is None:
            raise ConversationUnknown
        return found

    def list_conversations(self, request: ListConversations) -> Page:
        """A page, the one with the latest message first.

        Words may stand in the name or number of the contact, or in a message.
        """
        return _CONVERSATION_LIST.page(
            self._uow,
            request,
            status=request.status,
            assigned_to=request.assigned_to,
            channel_id=request.channel_id,
            tags=None if request.tag is None else [request.tag],
            unread=request.unread or None,
            read=None if request.unread is None or request.unread else True,
            words=_pattern(request.q),
            digits=_pattern(digits_of(request.q or "") or request.q),
        )


def _pattern(words: str | None) -> str | None:
    """For ILIKE: the words anywhere, signs with a meaning there standing for themselves."""
    if words is None:
        return None
    escaped = "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in words)
    return f"%{escaped}%"
