"""From an item and its channel to the rows and events that it becomes."""

from __future__ import annotations

from typing import Any, NamedTuple

from services.common.contracts.messaging import Direction, MessageReceivedV1, MessageStatus, MessageType
from services.common.kit.ids import is_id
from services.messaging.domain.items import AccountItem, MessageItem, StatusItem, UnknownItem
from services.messaging.domain.phones import shown_phone
from services.messaging.domain.threads import Arrived
from services.messaging.repository.channels import Line
from services.messaging.repository.messages import Wamid
from services.messaging.repository.statuses import Told
from services.messaging.repository.webhooks import Arrival

Row = dict[str, Any]


class Routed(NamedTuple):
    """An item and the channel that it is for."""

    arrival: Arrival
    line: Line


class RoutedMessage(NamedTuple):
    """A message and the channel that it is for."""

    arrival: Arrival
    line: Line
    item: MessageItem

    @property
    def wamid(self) -> Wamid:
        """Its key in the tenant."""
        return self.line.channel_id, self.item.external_id

    @property
    def is_ours(self) -> bool:
        """Whether the business wrote it."""
        return self.item.direction is Direction.OUTBOUND


class RoutedStatus(NamedTuple):
    """A status and the channel that it is for."""

    arrival: Arrival
    line: Line
    item: StatusItem

    @property
    def wamid(self) -> Wamid:
        """The key of the message that it is about."""
        return self.line.channel_id, self.item.external_id


class RoutedNews(NamedTuple):
    """Anything else and a channel of the tenant that it is for."""

    arrival: Arrival
    line: Line
    item: AccountItem | UnknownItem


def message(one: RoutedMessage, message_id: str, conversation_id: str) -> Row:
    """The row of a message."""
    item, line = one.item, one.line
    person = shown_phone(item.person.wa_id) or item.person.user_id or item.person.wa_id
    business = shown_phone(line.display_phone_number)
    inbound = item.direction is Direction.INBOUND
    return {
        "id": message_id,
        "conversation_id": conversation_id,
        "channel_id": line.channel_id,
        "direction": item.direction.value,
        "type": item.type.value,
        "status": (MessageStatus.RECEIVED if inbound else MessageStatus.SENT).value,
        "content": item.content,
        "text": item.text,
        "external_id": item.external_id,
        "digest": item.digest,
        "sender": person if inbound else business,
        "recipient": business if inbound else person,
        "reply_to": item.reply_to,
        "opens_window": item.opens_window,
        "occurred_at": item.sent_at or one.arrival.received_at,
    }


def arrived(row: Row) -> Arrived:
    """What a message's row tells its conversation."""
    return Arrived(
        conversation_id=row["conversation_id"],
        key=row["external_id"],
        direction=Direction(row["direction"]),
        type=MessageType(row["type"]),
        text=row["text"],
        at=row["occurred_at"],
        opens_window=row["opens_window"],
    )


def received(row: Row, contact_id: str, *, is_new: bool) -> MessageReceivedV1:
    """What the world hears of a customer's message."""
    return MessageReceivedV1(
        message_id=row["id"],
        conversation_id=row["conversation_id"],
        contact_id=contact_id,
        channel_id=row["channel_id"],
        message_type=MessageType(row["type"]),
        sent_at=row["occurred_at"],
        is_new_conversation=is_new,
    )


def told(one: RoutedStatus) -> Told:
    """A status as it is noted. The callback is ours if it has the form of an id."""
    item = one.item
    return Told(
        channel_id=one.line.channel_id,
        external_id=item.external_id,
        status=item.status,
        at=item.at or one.arrival.received_at,
        digest=item.digest,
        error=item.error,
        pricing=item.pricing,
        message_id=item.callback if item.callback is not None and is_id(item.callback) else None,
    )


def news(one: RoutedNews, event_id: str) -> Row:
    """The row of something that is kept as it came."""
    item = one.item
    return {
        "id": event_id,
        "digest": item.digest,
        "field": item.field,
        "event": item.event if isinstance(item, AccountItem) else "UNKNOWN",
        "phone_number_id": item.route.phone_number_id,
        "account_ids": list(item.route.account_ids),
        "value": {"raw": item.raw},
        "occurred_at": item.at if isinstance(item, AccountItem) else None,
    }
