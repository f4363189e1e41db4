"""Rows of messaging as the world sees them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from services.common.contracts.codec import instant_from_wire
from services.common.contracts.messaging import (
    ContactSummary,
    Conversation,
    ConversationDetail,
    ConversationStatus,
    DeliveryError,
    Direction,
    Message,
    MessageStatus,
    MessageType,
    Priority,
    StatusChange,
    Template,
    TemplateCategory,
    TemplateStatus,
    WebhookItem,
    WebhookReport,
)
from services.messaging.domain.statuses import PROVIDER_STATUSES, history
from services.messaging.domain.threads import window_status


def message(row: Any) -> Message:
    """A message."""
    return Message(
        id=row.id,
        conversation_id=row.conversation_id,
        contact_id=row.contact_id,
        channel_id=row.channel_id,
        direction=Direction(row.direction),
        type=MessageType(row.type),
        status=MessageStatus(row.status),
        content=row.content,
        external_id=row.external_id,
        from_=row.sender,
        to=row.recipient,
        reply_to=row.quoted_id,
        client_message_id=row.client_message_id,
        cost=None,
        error=None if row.error is None else DeliveryError.from_wire(row.error),
        status_history=_history(row),
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _history(row: Any) -> list[StatusChange]:
    """What we know ourselves of a message's way, and what we were told."""
    if row.direction == Direction.INBOUND:
        return [StatusChange(status=MessageStatus.RECEIVED, at=row.sent_at or row.created_at)]
    known: list[tuple[MessageStatus, datetime | None]] = [
        (MessageStatus.SENT, row.sent_at),
        (MessageStatus.DELIVERED, row.delivered_at),
        (MessageStatus.READ, row.read_at),
        (MessageStatus.FAILED, row.failed_at),
    ]
    if row.digest is None:
        known += [(MessageStatus.QUEUED, row.created_at), (MessageStatus.SENDING, row.claimed_at)]
    known += [(PROVIDER_STATUSES[status], instant_from_wire(at)) for status, at in row.told or ()]
    if row.status == MessageStatus.UNCERTAIN:
        known.append((MessageStatus.UNCERTAIN, row.updated_at))
    return [StatusChange(status=status, at=at) for status, at in history(known)]


def conversation(row: Any, now: datetime) -> Conversation:
    """A conversation at an instant."""
    return Conversation(**_conversation(row, now))


def conversation_detail(row: Any, latest: list[Message], now: datetime) -> ConversationDetail:
    """A conversation with the end of what was said."""
    return ConversationDetail(**_conversation(row, now), messages=latest)


def _conversation(row: Any, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "contact": ContactSummary(
            id=row.contact_id, name=row.contact_name or row.contact_username, phone_number=row.contact_phone_number
        ),
        "channel_id": row.channel_id,
        "status": ConversationStatus(row.status),
        "assigned_to": row.assigned_to,
        "tags": row.tags,
        "priority": Priority(row.priority),
        "unread_count": row.unread_count,
        "message_count": row.message_count,
        "last_message_at": row.last_message_at,
        "last_message_preview": row.last_message_preview,
        "window_status": window_status(row.window_expires_at, now),
        "window_expires_at": row.window_expires_at,
        "total_cost": None,
        "next_booking": None,
        "version": row.version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def template(row: Any) -> Template:
    """A template."""
    return Template(
        id=row.id,
        name=row.name,
        language=row.language,
        category=TemplateCategory(row.category),
        status=TemplateStatus(row.status),
        provider_status=row.provider_status,
        rejection_reason=row.rejection_reason,
        parameter_format=row.parameter_format,
        components=row.components,
        salon_id=row.salon_id,
        business_account_id=row.business_account_id,
        external_id=row.external_id,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def webhook_report(body: Any, items: Iterable[Any]) -> WebhookReport:
    """What became of a body: the items of all tenants, then those of nobody."""
    found = [
        WebhookItem(
            path=item.path,
            kind=item.kind,
            outcome=item.outcome,
            tenant_id=None if item.tenant_id is None else str(item.tenant_id),
            detail=item.detail,
        )
        for item in items
    ]
    found += [WebhookItem(tenant_id=None, **remark) for remark in body.remarks]
    return WebhookReport(
        body_hash=body.body_hash,
        received_at=body.received_at,
        processed_at=body.processed_at,
        repeats=body.repeats,
        items=sorted(found, key=lambda item: (item.path, item.tenant_id or "")),
    )
