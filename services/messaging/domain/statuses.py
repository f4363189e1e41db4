"""How far a message of the business has come, from what the provider has said about it, in any order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from services.common.contracts.messaging import MessageStatus

PROVIDER_STATUSES = {
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "read": MessageStatus.READ,
    "played": MessageStatus.READ,
    "failed": MessageStatus.FAILED,
}

_RANK = {
    MessageStatus.QUEUED: 0,
    MessageStatus.SENDING: 1,
    MessageStatus.UNCERTAIN: 2,
    MessageStatus.SENT: 3,
    MessageStatus.FAILED: 4,
    MessageStatus.DELIVERED: 5,
    MessageStatus.READ: 6,
}
"""A failure outweighs `sent`, which may come late; what one device received was delivered, whatever the others say."""


_ARRIVED = frozenset({MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ})
"""What our own attempt complained of is no error of a message that has got through."""


class Step(NamedTuple):
    """One line of a message's history."""

    status: str
    at: datetime
    digest: str = ""
    error: dict[str, Any] | None = None
    pricing: dict[str, Any] | None = None


class Progress(NamedTuple):
    """Where a message stands."""

    status: MessageStatus
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    failed_at: datetime | None
    error: dict[str, Any] | None
    pricing: dict[str, Any] | None


def furthest(*statuses: MessageStatus) -> MessageStatus:
    """The one that a message stays at, once it has had all of them."""
    return max(statuses, key=_RANK.__getitem__)


def settle(present: Progress, history: Iterable[Step]) -> Progress:
    """Where a message stands after all that was said about it. The order of the history does not matter."""
    steps = sorted(history, key=lambda step: (step.at, step.digest, step.status))
    known = [(PROVIDER_STATUSES[step.status], step) for step in steps if step.status in PROVIDER_STATUSES]
    failures = [step for status, step in known if status is MessageStatus.FAILED]
    status = furthest(present.status, *(status for status, _ in known))
    return Progress(
        status=status,
        sent_at=_earliest(MessageStatus.SENT, known, present.sent_at),
        delivered_at=_earliest(MessageStatus.DELIVERED, known, present.delivered_at),
        read_at=_earliest(MessageStatus.READ, known, present.read_at),
        failed_at=_earliest(MessageStatus.FAILED, known, present.failed_at),
        error=failures[0].error if failures else None if status in _ARRIVED else present.error,
        pricing=next((step.pricing for _, step in known if step.pricing), None) or present.pricing,
    )


def _earliest(
    wanted: MessageStatus, known: list[tuple[MessageStatus, Step]], present: datetime | None
) -> datetime | None:
    instants = [step.at for status, step in known if status is wanted]
    if present is not None:
        instants.append(present)
    return min(instants, default=None)


def history(known: Iterable[tuple[MessageStatus, datetime | None]]) -> list[tuple[MessageStatus, datetime]]:
    """Each status once, when it was first so, in the order of time and, within a second, of rank."""
    first: dict[MessageStatus, datetime] = {}
    for status, at in known:
        if at is not None and (status not in first or at < first[status]):
            first[status] = at
    return sorted(first.items(), key=lambda step: (step[1].replace(microsecond=0), _RANK[step[0]]))
