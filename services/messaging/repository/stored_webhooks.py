"""Bodies that are kept, to be read once more: for a channel that has appeared, or because an item failed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text

from services.common.kit.uow import UnitOfWork
from services.messaging.domain.items import FAILED
from services.messaging.repository import bulk
from services.messaging.repository.webhooks import Remark

Place = tuple[str, str]
"""An item: the id of the stored body, and the path in it."""

FIRST: Place = ("00000000-0000-0000-0000-000000000000", "")

_TAKE_UNROUTED = text(
    """
    with waiting as (
        select event_id, path from unrouted_items
        where (
                phone_number_id = :phone_number_id
                or (phone_number_id is null and account_ids && array[cast(:account_id as text)])
            )
            and (event_id, path) > (cast(:event_id as uuid), :path)
        order by event_id, path limit :most_items
    ),
    bodies as (
        select e.id, e.body, e.received_at,
            sum(octet_length(e.body)) over (order by e.id) - octet_length(e.body) as before
        from webhook_events e where e.id in (select event_id from waiting)
    ),
    taken as (
        delete from unrouted_items u using waiting w, bodies b
        where b.before < :most_bytes and b.id = w.event_id and u.event_id = w.event_id and u.path = w.path
        returning u.event_id, u.path
    )
    select b.id, b.body, b.received_at, t.paths, t.last
    from bodies b
    join (select event_id, array_agg(path) as paths, max(path) as last from taken group by event_id) t
        on t.event_id = b.id
    order by b.id
    """
)
_FAILED_BODIES = text(
    """
    select body_hash from (
        select body_hash, received_at from webhook_events
        where id in (select event_id from webhook_items where outcome = 'FAILED')
        union
        select body_hash, received_at from webhook_events where remarks @> '[{"outcome": "FAILED"}]'
    ) as failed
    order by received_at limit :most
    """
)
_LOCK = text("select id, body, received_at, remarks from webhook_events where body_hash = :body_hash for update")
_ITEMS = text(
    """
    select tenant_id, path, outcome from webhook_items where event_id = :event_id
    union all
    select null, path, 'UNROUTED' from unrouted_items where event_id = :event_id
    """
)
_FORGET_FAILED = text(
    "delete from webhook_items where tenant_id = :tenant_id and event_id = :event_id and outcome = 'FAILED'"
)
_KEEP_REMARKS = text("update webhook_events set remarks = cast(:remarks as jsonb) where id = :event_id")
_REMARK = text("update webhook_events set remarks = remarks || cast(:remarks as jsonb) where id = :event_id")


_FORGET_BODIES = text(
    """
    with old as (
        select e.id from webhook_events e
        where e.received_at < :before and not (e.remarks @> '[{"outcome": "FAILED"}]')
            and not exists (select from unrouted_items u where u.event_id = e.id)
            and not exists (select from webhook_items i where i.event_id = e.id and i.outcome = 'FAILED')
        order by e.received_at limit :most
    ),
    items as (delete from webhook_items i using old where i.event_id = old.id)
    delete from webhook_events e using old where e.id = old.id
    """
)
_FORGET_NEWS = text(
    """
    delete from provider_events where (tenant_id, id) in (
        select tenant_id, id from provider_events where created_at < :before order by created_at limit :most
    )
    """
)


class Stored(NamedTuple):
    """A body, and which of its items are wanted: those at `paths`, and, where `known` is given, all that it lacks."""

    event_id: str
    raw: bytes
    received_at: datetime
    paths: frozenset[str]
    known: frozenset[str] | None = None

    def wants(self, path: str) -> bool:
        """Whether the item at the path is to be filed."""
        return path in self.paths or (self.known is not None and path not in self.known)


class StoredWebhookRepository:
    """Bodies of all tenants, in `SYSTEM` scope."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow, self._session = uow, uow.session

    def take_unrouted(
        self, phone_number_id: str | None, account_id: str | None, after: Place, most_items: int, most_bytes: int
    ) -> tuple[list[Stored], Place | None]:
        """Items set aside for this number or account, no longer so, and the last of them; None when there is none left.

        One body is taken whatever its size. Whoever takes is alone with it.
        """
        bulk.lock(self._session, ["unrouted"])
        asked = {"phone_number_id": phone_number_id, "account_id": account_id, "event_id": after[0], "path": after[1]}
        limits = {"most_items": most_items, "most_bytes": most_bytes}
        rows = self._session.execute(_TAKE_UNROUTED, asked | limits).all()
        stored = [Stored(str(row.id), bytes(row.body), row.received_at, frozenset(row.paths)) for row in rows]
        return stored, (stored[-1].event_id, rows[-1].last) if rows else None

    def list_failed(self, most: int) -> list[str]:
        """The hashes of the oldest bodies with an item that failed."""
        return list(self._session.scalars(_FAILED_BODIES, {"most": most}))

    def take_failed(self, body_hash: str) -> Stored | None:
        """The body with its failed items, no longer so; None where nothing failed. Whoever takes is alone with it."""
        body = self._session.execute(_LOCK, {"body_hash": body_hash}).first()
        if body is None:
            return None
        items = self._session.execute(_ITEMS, {"event_id": body.id}).all()
        tenants = sorted({str(item.tenant_id) for item in items if item.outcome == FAILED})
        kept = [remark for remark in body.remarks if remark["outcome"] != FAILED]
        paths = {item.path for item in items if item.outcome == FAILED}
        paths |= {remark["path"] for remark in body.remarks if remark["outcome"] == FAILED}
        if not paths:
            return None
        for tenant_id in tenants:
            with self._uow.as_tenant(tenant_id):
                self._session.execute(_FORGET_FAILED, {"tenant_id": tenant_id, "event_id": body.id})
        self._session.execute(_KEEP_REMARKS, {"event_id": body.id, "remarks": bulk.as_json(kept)})
        known = {item.path for item in items} | {remark["path"] for remark in body.remarks}
        return Stored(str(body.id), bytes(body.body), body.received_at, frozenset(paths), frozenset(known))

    def forget(self, before: datetime, most: int) -> int:
        """Bodies from before with what is noted of their items, unless one of them failed or is still waiting."""
        return self._delete(_FORGET_BODIES, before, most)

    def forget_news(self, before: datetime, most: int) -> int:
        """What was kept as it came."""
        return self._delete(_FORGET_NEWS, before, most)

    def _delete(self, statement: Any, before: datetime, most: int) -> int:
        gone = self._session.execute(statement, {"before": before, "most": most})
        return int(gone.rowcount)  # type: ignore[attr-defined]

    def remark(self, event_id: str, remarks: Iterable[Remark]) -> None:
        """Note on the body what became of items that belong to nobody."""
        rows: list[dict[str, Any]] = [remark._asdict() for remark in remarks]
        self._session.execute(_REMARK, {"event_id": event_id, "remarks": bulk.as_json(rows)})
