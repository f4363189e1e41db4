"""What a message does to its conversation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.common.contracts.messaging import Direction, MessageType, WindowStatus

WINDOW = timedelta(hours=24)
PREVIEW_LENGTH = 120


def preview(type_: MessageType, text: str | None) -> str:
    """What a list shows of a message. The recount in SQL says the same."""
    return text[:PREVIEW_LENGTH] if text else f"[{type_.value.lower()}]"


def counts_as_unread(direction: Direction, type_: MessageType) -> bool:
    """Notices of the provider are nothing to answer. The recount in SQL says the same."""
    return direction is Direction.INBOUND and type_ is not MessageType.SYSTEM


def window_status(expires_at: datetime | None, now: datetime) -> WindowStatus:
    """Whether free-form messages may be sent."""
    return WindowStatus.ACTIVE if expires_at is not None and expires_at > now else WindowStatus.EXPIRED


@dataclass(slots=True)
class Growth:
    """What new messages add to one conversation."""

    conversation_id: str
    messages: int = 0
    unread: int = 0
    at: datetime | None = None
    key: str = ""
    preview: str = ""
    window_from: datetime | None = None
    reopens: bool = False


@dataclass(frozen=True, slots=True)
class Arrived:
    """The part of a message that concerns its conversation."""

    conversation_id: str
    key: str
    direction: Direction
    type: MessageType
    text: str | None
    at: datetime
    opens_window: bool


def growth(arrived: Iterable[Arrived]) -> list[Growth]:
    """One sum for each conversation, in the order of their ids."""
    sums: dict[str, Growth] = {}
    for message in arrived:
        grown = sums.setdefault(message.conversation_id, Growth(message.conversation_id))
        grown.messages += 1
        grown.unread += counts_as_unread(message.direction, message.type)
        grown.reopens |= counts_as_unread(message.direction, message.type)
        if grown.at is None or (message.at, message.key) > (grown.at, grown.key):
            grown.at, grown.key, grown.preview = message.at, message.key, preview(message.type, message.text)
        if message.opens_window and (grown.window_from is None or message.at > grown.window_from):
            grown.window_from = message.at
    return [sums[conversation_id] for conversation_id in sorted(sums)]
