"""The outbox: events stored with the change that caused them, until the relay has handed them to the broker.

Published rows stay. The relay numbers them, without gaps and in the order in which they become visible, so that a
reader who remembers a position misses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.common.contracts.base import Envelope, Event
from services.common.contracts.codec import instant_to_wire
from services.common.kit import ids
from services.common.kit.context import Context


@dataclass(frozen=True, slots=True)
class Row:
    """One event as it is stored."""

    event_id: str
    tenant_id: str | None
    exchange: str
    routing_key: str
    mandatory: bool
    headers: str
    payload: str


def exchange_of(source: str) -> str:
    """Nameko's name for the exchange of a service's events."""
    return f"{source}.events"


def row_of(event: Event, context: Context, tenant_id: str | None, now: datetime, cause: Envelope | None = None) -> Row:
    """Wrap an event in its envelope. It is caused by the event being handled, else by the request."""
    causation_id = cause.id if cause is not None else context.request_id
    trace = Context(
        request_id=context.request_id,
        correlation_id=context.correlation_id or context.request_id,
        causation_id=causation_id,
        tenant_id=tenant_id,
    )
    envelope = Envelope(
        id=ids.new_id(),
        type=event.TYPE,
        occurred_at=instant_to_wire(now),
        tenant_id=tenant_id,
        source=event.SOURCE,
        correlation_id=trace.correlation_id,
        causation_id=causation_id,
        data=event.to_wire(),
    )
    return Row(
        event_id=envelope.id,
        tenant_id=tenant_id,
        exchange=exchange_of(event.SOURCE),
        routing_key=event.TYPE,
        mandatory=bool(event.CONSUMED_BY),
        headers=orjson.dumps(trace.to_headers()).decode(),
        payload=envelope.to_bytes().decode(),
    )


_APPEND = text(
    "insert into outbox (event_id, tenant_id, exchange, routing_key, mandatory, headers, payload)"
    " select * from unnest(cast(:event_ids as uuid[]), cast(:tenant_ids as uuid[]), cast(:exchanges as text[]),"
    " cast(:routing_keys as text[]), cast(:mandatory as boolean[]),"
    " cast(:headers as text[]), cast(:payloads as text[]))"
)


def append(session: Session, rows: Sequence[Row]) -> None:
    """Store events, in order, in one statement."""
    session.execute(
        _APPEND,
        {
            "event_ids": [row.event_id for row in rows],
            "tenant_ids": [row.tenant_id for row in rows],
            "exchanges": [row.exchange for row in rows],
            "routing_keys": [row.routing_key for row in rows],
            "mandatory": [row.mandatory for row in rows],
            "headers": [row.headers for row in rows],
            "payloads": [row.payload for row in rows],
        },
    )


@dataclass(frozen=True, slots=True)
class Pending:
    """An event on its way out."""

    id: int
    created_at: datetime
    event_id: str
    exchange: str
    routing_key: str
    mandatory: bool
    headers: dict[str, str]
    body: bytes


_TAKE = text(
    "select id, created_at, event_id, exchange, routing_key, mandatory, headers, payload from outbox"
    " where published_at is null and parked_at is null and created_at >= :since and created_at < :until"
    " order by id limit :limit for update skip locked"
)
_TAKE_PARKED = text(
    "select id, created_at, event_id, exchange, routing_key, mandatory, headers, payload from outbox"
    " where published_at is null and parked_at < :before order by parked_at limit :limit for update skip locked"
)
# The row of the counter stays locked from here to the commit: so numbers become visible in their order, without gaps.
_NUMBER = text(
    "with counter as (update outbox_counter set last = last + :count returning last - :count as base),"
    " taken as (select id, ordinality from unnest(cast(:ids as bigint[])) with ordinality as listed (id, ordinality))"
    " update outbox set published_at = clock_timestamp(), parked_at = null, position = counter.base + taken.ordinality"
    " from counter, taken where outbox.id = taken.id and outbox.created_at between :first and :last"
)
_PARK = text(
    "update outbox set parked_at = clock_timestamp(), attempts = attempts + 1"
    " where id = any(:ids) and created_at between :first and :last"
)


def take(session: Session, since: datetime, until: datetime, limit: int) -> list[Pending]:
    """Lock the oldest events that wait to be published; those that another relay holds are passed over.

    The two instants spare the server from opening the partition of every day each time.
    """
    return [_pending(row) for row in session.execute(_TAKE, {"since": since, "until": until, "limit": limit})]


def take_parked(session: Session, before: datetime, limit: int) -> list[Pending]:
    """Lock events that nobody took when they were last tried, before the given instant."""
    return [_pending(row) for row in session.execute(_TAKE_PARKED, {"before": before, "limit": limit})]


def mark_published(session: Session, events: Sequence[Pending]) -> None:
    """Number them. Commit at once: other relays wait with theirs until then."""
    if events:
        session.execute(_NUMBER, {"count": len(events), **_locator(events)})


def mark_parked(session: Session, events: Sequence[Pending]) -> None:
    """Set aside what no queue takes, to be tried again later."""
    if events:
        session.execute(_PARK, _locator(events))


def _locator(events: Sequence[Pending]) -> dict[str, object]:
    days = [event.created_at for event in events]
    return {"ids": [event.id for event in events], "first": min(days), "last": max(days)}


def _pending(row: Any) -> Pending:
    number, created_at, event_id, exchange, routing_key, mandatory, headers, payload = row
    return Pending(
        number, created_at, event_id, exchange, routing_key, mandatory, orjson.loads(headers), payload.encode()
    )


_OLDEST = text("select created_at from outbox where published_at is null and parked_at is null order by id limit 1")


def waiting_since(session: Session) -> datetime | None:
    """Since when the longest waiting event has waited; those set aside do not count."""
    oldest: datetime | None = session.execute(_OLDEST).scalar_one_or_none()
    return oldest


_READ = text("select position, payload from outbox where position > :after order by position limit :limit")


def read_events(session: Session, after_position: int, limit: int = 500) -> list[tuple[int, Envelope]]:
    """Published events behind a position, in order; for rebuilds, in `SYSTEM` scope. Start at 0."""
    rows = session.execute(_READ, {"after": after_position, "limit": limit})
    return [(position, Envelope.from_bytes(payload.encode())) for position, payload in rows]
