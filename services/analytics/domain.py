"""Days, buckets and the order of statuses, on plain values."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from services.common.contracts.base import Envelope
from services.common.contracts.errors import Invalid
from services.common.contracts.messaging import MessageStatus

K = TypeVar("K")
V = TypeVar("V", bound=Any)

BUCKET = timedelta(minutes=15)
"""Every zone in use is whole quarters of an hour from UTC, so that any zone's days are made of whole buckets."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Stage(enum.IntEnum):
    """How far a message of the business came. A message is counted under the furthest stage that was ever told of it.

    Of two devices of one customer one may fail and the other show the message: who has seen it outweighs the failure.
    """

    NONE = 0
    SENT = 1
    FAILED = 2
    DELIVERED = 3
    READ = 4


_STAGES: dict[str, Stage] = {
    MessageStatus.SENT: Stage.SENT,
    MessageStatus.FAILED: Stage.FAILED,
    MessageStatus.DELIVERED: Stage.DELIVERED,
    MessageStatus.READ: Stage.READ,
}


def stage_of(status: str) -> Stage:
    """The stage that a status stands for; none while a message waits, and for a status of the future."""
    return _STAGES.get(status, Stage.NONE)


def bucket_of(instant: datetime) -> datetime:
    """The beginning of the quarter of an hour that the instant falls into."""
    return _EPOCH + (instant - _EPOCH) // BUCKET * BUCKET


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a zone: from its first instant to the first instant of the next. Not always 24 hours."""

    on: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted."""

    received: int = 0
    queued: int = 0
    sent: int = 0
    delivered: int = 0
    read: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Calendar:
    """A tenant's days up to today."""

    zone: ZoneInfo
    today: date

    @classmethod
    def at(cls, now: datetime, zone: ZoneInfo) -> Calendar:
        """As of an instant."""
        return cls(zone, now.astimezone(zone).date())

    @property
    def week_start(self) -> date:
        """Monday."""
        return self.today - timedelta(days=self.today.weekday())

    @property
    def month_start(self) -> date:
        """The first."""
        return self.today.replace(day=1)

    def window_start(self, days: int) -> date:
        """The first of the last so many days; the last one is today."""
        return self.today - timedelta(days=days - 1)

    def days_from(self, first: date) -> list[Day]:
        """All days from the first to today."""
        count = (self.today - first).days + 1
        dates = [first + timedelta(days=number) for number in range(count + 1)]
        starts = [self.start_of(on) for on in dates]
        return [Day(*parts) for parts in zip(dates, starts, starts[1:], strict=False)]

    def start_of(self, on: date) -> datetime:
        """The first instant of a day, in UTC; where midnight is skipped, the instant of the change."""
        return datetime(on.year, on.month, on.day, tzinfo=self.zone).astimezone(UTC)


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum of several."""
    known = list(tallies)
    return Tally(*(sum(getattr(tally, name) for tally in known) for name in Tally.__slots__))


def sent_since(first: date, tallies: Sequence[tuple[date, Tally]]) -> int:
    """Messages of the business on and after a day."""
    return sum(tally.queued for on, tally in tallies if on >= first)


def delivery_rate(tally: Tally) -> float:
    """The share of messages that arrived, of those whose fate began; 0 while there is none."""
    arrived = tally.delivered + tally.read
    known = arrived + tally.sent + tally.failed
    return round(arrived / known, 4) if known else 0.0


def tenant_of(envelope: Envelope) -> str:
    """Whose event it is. Raises for an event of nobody: there is nothing to count it under."""
    if envelope.tenant_id is None:
        raise Invalid("An event to be counted needs a tenant.", {"tenantId": "Missing data for required field."})
    return envelope.tenant_id


def greatest(told: Iterable[tuple[K, V]]) -> dict[K, V]:
    """For each key the greatest value."""
    found: dict[K, V] = {}
    for key, value in told:
        if key not in found or found[key] < value:
            found[key] = value
    return found
