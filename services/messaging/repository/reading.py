"""Reads of messages and conversations for those who look at them: columns, not rows, and no query for each line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from services.common.contracts.messaging import (
    ConversationUnknown,
    ListConversations,
    ListMessages,
    MessageUnknown,
)
from services.common.kit.paging import MAX_TOTAL, Order, Page, fetch_page
from services.common.kit.uow import UnitOfWork
from services.messaging.domain.phones import digits_of
from services.messaging.models import ContactRow, ConversationRow, MessageRow, MessageStatusRow

_Quoted = aliased(MessageRow)

# Sub-selects rather than joins: counting a list needs neither.
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
)


class MessageReader:
    """Messages of one tenant."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id = uow.session, uow.tenant_id

    def get_message(self, message_id: str) -> sa.Row[Any]:
        """Raises `MessageUnknown`."""
        found = self._session.execute(self._messages().where(MessageRow.id == message_id)).first()
        if found is None:
            raise MessageUnknown
        return found

    def list_messages(self, request: ListMessages) -> Page:
        """A page, newest first."""
        order = Order(MessageRow.occurred_at, MessageRow.id, newest_first=True)
        return fetch_page(self._session, self._messages().where(*_message_filters(request)), order, request)

    def latest(self, conversation_id: str, limit: int) -> Sequence[sa.Row[Any]]:
        """The end of a conversation, newest first."""
        order = Order(MessageRow.occurred_at, MessageRow.id, newest_first=True)
        mine = self._messages().where(MessageRow.conversation_id == conversation_id)
        return self._session.execute(mine.order_by(*order.clauses()).limit(limit)).all()

    def histories(self, messages: Iterable[sa.Row[Any]]) -> dict[tuple[str, str], list[Any]]:
        """What the provider has told about these messages, by channel and the provider's id."""
        wamids = [(row.channel_id, row.external_id) for row in messages if row.external_id and row.digest is None]
        histories: dict[tuple[str, str], list[Any]] = defaultdict(list)
        if wamids:
            key = sa.tuple_(MessageStatusRow.channel_id, MessageStatusRow.external_id)
            columns = (MessageStatusRow.channel_id, MessageStatusRow.external_id)
            told = sa.select(*columns, MessageStatusRow.status, MessageStatusRow.at).where(
                MessageStatusRow.tenant_id == self._tenant_id, key.in_(wamids)
            )
            for row in self._session.execute(told):
                histories[row.channel_id, row.external_id].append(row)
        return histories

    def _messages(self) -> sa.Select[*tuple[Any, ...]]:
        return sa.select(*_MESSAGE).where(MessageRow.tenant_id == self._tenant_id)


def _message_filters(request: ListMessages) -> list[sa.ColumnElement[bool]]:
    asked: list[tuple[Any, Any]] = [
        (MessageRow.conversation_id, request.conversation_id),
        (MessageRow.channel_id, request.channel_id),
        (MessageRow.direction, request.direction),
        (MessageRow.status, request.status),
        (MessageRow.type, request.type),
    ]
    filters = [column == value for column, value in asked if value is not None]
    if request.from_ is not None:
        filters.append(MessageRow.occurred_at >= request.from_)
    if request.to is not None:
        filters.append(MessageRow.occurred_at < request.to)
    if request.q is not None:
        filters.append(MessageRow.id.in_(sa.select(_messages_with(request.q).c.message_id)))
    return filters


def _pattern(words: str) -> str:
    """For ILIKE: the words anywhere, signs with a meaning there standing for themselves."""
    escaped = "".join(f"\\{sign}" if sign in "\\%_" else sign for sign in words)
    return f"%{escaped}%"


def _messages_with(words: str) -> Any:
    """The latest messages that hold the words. The function searches the tenant of the transaction."""
    found = sa.func.search_messages(_pattern(words), MAX_TOTAL)
    columns = (sa.column(name, sa.Uuid(as_uuid=False)) for name in ("message_id", "conversation_id"))
    return found.table_valued(*columns).render_derived()


class ConversationReader:
    """Conversations of one tenant, each with its contact."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id = uow.session, uow.tenant_id

    def get_conversation(self, conversation_id: str) -> sa.Row[Any]:
        """Raises `ConversationUnknown`."""
        found = self._session.execute(self._conversations().where(ConversationRow.id == conversation_id)).first()
        if found is None:
            raise ConversationUnknown
        return found

    def list_conversations(self, request: ListConversations) -> Page:
        """A page, the one with the latest message first."""
        order = Order(ConversationRow.last_activity_at, ConversationRow.id, newest_first=True)
        filtered = self._conversations().where(*self._filters(request))
        return fetch_page(self._session, filtered, order, request)

    def contacts_of(self, conversations: Iterable[sa.Row[Any]]) -> dict[str, Any]:
        """The contacts of these conversations, by id."""
        wanted = {row.contact_id for row in conversations}
        columns = (ContactRow.id, ContactRow.name, ContactRow.username, ContactRow.phone_number)
        mine = sa.select(*columns).where(ContactRow.tenant_id == self._tenant_id, ContactRow.id.in_(wanted))
        return {row.id: row for row in self._session.execute(mine)} if wanted else {}

    def _conversations(self) -> sa.Select[*tuple[Any, ...]]:
        return sa.select(*_CONVERSATION).where(ConversationRow.tenant_id == self._tenant_id)

    def _filters(self, request: ListConversations) -> list[sa.ColumnElement[bool]]:
        asked: list[tuple[Any, Any]] = [
            (ConversationRow.status, request.status),
            (ConversationRow.assigned_to, request.assigned_to),
            (ConversationRow.channel_id, request.channel_id),
        ]
        filters = [column == value for column, value in asked if value is not None]
        if request.tag is not None:
            filters.append(ConversationRow.tags.contains([request.tag]))
        if request.unread is not None:
            filters.append(ConversationRow.unread_count > 0 if request.unread else ConversationRow.unread_count == 0)
        if request.q is not None:
            filters.append(self._mentions(request.q))
        return filters

    def _mentions(self, words: str) -> sa.ColumnElement[bool]:
        """In the name or number of the contact, or in a message."""
        pattern, digits = _pattern(words), digits_of(words)
        people = sa.func.search_contacts(pattern, f"%{digits}%" if digits else pattern, MAX_TOTAL)
        contacts = people.table_valued(sa.column("contact_id", sa.Uuid(as_uuid=False))).render_derived()
        said = _messages_with(words)
        return sa.or_(
            ConversationRow.contact_id.in_(sa.select(contacts.c.contact_id)),
            ConversationRow.id.in_(sa.select(said.c.conversation_id)),
        )
