"""Webhook bodies, and what became of their items."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from services.common.kit.uow import UnitOfWork
from services.messaging.domain.items import Item
from services.messaging.repository.bulk import as_json


@dataclass(slots=True)
class Body:
    """A webhook's body as it arrived, once or several times in one batch."""

    event_id: str
    body_hash: str
    provider: str
    raw: bytes
    received_at: datetime
    repeats: int = 0
    remarks: list[dict[str, Any]] = field(default_factory=list)


class Arrival(NamedTuple):
    """One item of a stored body."""

    event_id: str
    item: Item
    received_at: datetime


class Remark(NamedTuple):
    """What became of an item that belongs to nobody, as it stands on the body."""

    path: str
    kind: str
    outcome: str
    detail: str | None


class Outcome(NamedTuple):
    """What became of an item."""

    arrival: Arrival
    outcome: str
    detail: str | None = None


_STORE = text(
    """
    insert into webhook_events (id, body_hash, provider, body, repeats, remarks, received_at, processed_at)
    select r.id, r.body_hash, r.provider, decode(r.body, 'base64'), r.repeats, r.remarks, r.received_at, :now
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        id uuid, body_hash text, provider text, body text, repeats bigint, remarks jsonb, received_at timestamptz
    )
    order by r.body_hash
    on conflict (body_hash) do update set repeats = webhook_events.repeats + 1 + excluded.repeats
    returning body_hash, xmax = 0
    """
)
_SET_ASIDE = text(
    """
    insert into unrouted_items (event_id, path, kind, phone_number_id, account_ids, created_at)
    select r.event_id, r.path, r.kind, r.phone_number_id, r.account_ids, :now
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        event_id uuid, path text, kind text, phone_number_id text, account_ids text[]
    )
    """
)
_REPORT = text(
    """
    select e.id, e.body_hash, e.received_at, e.processed_at, e.repeats, e.remarks
    from webhook_events e where e.body_hash = any(:hashes) order by e.received_at, e.id
    """
)
_ITEMS = text(
    """
    select event_id, path, kind, outcome, tenant_id, detail
    from webhook_items where event_id = any(cast(:ids as uuid[]))
    union all
    select event_id, path, kind, 'UNROUTED', null, coalesce(phone_number_id, account_ids[1])
    from unrouted_items where event_id = any(cast(:ids as uuid[]))
    """
)


class WebhookRepository:
    """Bodies of all tenants, in `SYSTEM` scope."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._now = uow.session, uow.now

    def store(self, bodies: Iterable[Body]) -> set[str]:
        """Keep the bodies that are new and return their hashes; of the others only count the repeats."""
        rows = [
            {
                "id": body.event_id,
                "body_hash": body.body_hash,
                "provider": body.provider,
                "body": b64encode(body.raw).decode(),
                "repeats": body.repeats,
                "remarks": body.remarks,
                "received_at": body.received_at,
            }
            for body in bodies
        ]
        stored = self._session.execute(_STORE, {"rows": as_json(rows), "now": self._now})
        return {body_hash for body_hash, fresh in stored if fresh}

    def set_aside(self, arrivals: Iterable[Arrival]) -> None:
        """Keep items that no channel takes, to be found by their routing keys."""
        rows = [
            {
                "event_id": arrival.event_id,
                "path": arrival.item.path,
                "kind": arrival.item.kind,
                "phone_number_id": arrival.item.route.phone_number_id,
                "account_ids": list(arrival.item.route.account_ids),
            }
            for arrival in arrivals
        ]
        self._session.execute(_SET_ASIDE, {"rows": as_json(rows), "now": self._now})

    def report(self, hashes: Sequence[str]) -> list[tuple[Any, list[Any]]]:
        """Bodies by hash with their items, the one that came first first."""
        bodies = self._session.execute(_REPORT, {"hashes": list(hashes)}).all()
        items: dict[str, list[Any]] = {str(body.id): [] for body in bodies}
        for row in self._session.execute(_ITEMS, {"ids": list(items)}):
            items[str(row.event_id)].append(row)
        return [(body, items[str(body.id)]) for body in bodies]


_ACCOUNT = text(
    """
    insert into webhook_items (tenant_id, event_id, path, kind, outcome, detail, raw, created_at)
    select :tenant_id, r.event_id, r.path, r.kind, r.outcome, r.detail, r.raw, :now
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        event_id uuid, path text, kind text, outcome text, detail text, raw jsonb
    )
    on conflict (tenant_id, event_id, path) do nothing
    """
)
_KEEP = text(
    """
    insert into provider_events (
        tenant_id, id, digest, field, event, phone_number_id, account_ids, value, occurred_at, created_at
    )
    select :tenant_id, r.id, r.digest, r.field, r.event, r.phone_number_id, r.account_ids, r.value, r.occurred_at, :now
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        id uuid, digest text, field text, event text, phone_number_id text, account_ids text[], value jsonb,
        occurred_at timestamptz
    )
    order by r.digest
    on conflict (tenant_id, digest) do nothing
    returning digest
    """
)


class WebhookItemRepository:
    """What became of one tenant's items."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id, self._now = uow.session, uow.tenant_id, uow.now

    def account(self, outcomes: Iterable[Outcome]) -> None:
        """Note the outcome of each item; of one that failed also its raw form. Of one that has an outcome it stays."""
        rows = [
            {
                "event_id": outcome.arrival.event_id,
                "path": outcome.arrival.item.path,
                "kind": outcome.arrival.item.kind,
                "outcome": outcome.outcome,
                "detail": outcome.detail,
                "raw": {"raw": outcome.arrival.item.raw} if outcome.outcome == "FAILED" else None,
            }
            for outcome in outcomes
        ]
        self._session.execute(_ACCOUNT, {"tenant_id": self._tenant_id, "rows": as_json(rows), "now": self._now})

    def keep(self, rows: Iterable[dict[str, Any]]) -> set[str]:
        """Store news as they came; return the digests of those that are new."""
        values = {"tenant_id": self._tenant_id, "rows": as_json(rows), "now": self._now}
        return set(self._session.execute(_KEEP, values).scalars())
