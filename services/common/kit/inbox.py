"""The inbox: which events a handler has taken already, noted in the transaction of the effect."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.common.kit.uow import UnitOfWork

# In order of id, so that two batches that share events wait for each other instead of locking each other out.
_CLAIM = text(
    "insert into inbox (event_id, handler) select event_id, :handler"
    " from unnest(cast(:event_ids as uuid[])) as asked (event_id) order by event_id"
    " on conflict do nothing returning event_id"
)
_PRUNE = text(
    "delete from inbox where ctid = any(array("
    "select ctid from inbox where received_at < :before order by received_at limit :limit))"
)


def claim(uow: UnitOfWork, event_ids: Iterable[str], handler: str) -> set[str]:
    """The ids that this handler has not taken before, now noted as taken. Rolled back with the effect.

    Waits for another transaction that is taking one of them at this moment.
    """
    wanted = list(event_ids)
    if not wanted:
        return set()
    return set(uow.session.execute(_CLAIM, {"event_ids": wanted, "handler": handler}).scalars())


def prune(session: Session, before: datetime, limit: int = 5000) -> int:
    """Forget what was received before an instant; return how many rows went. Redelivery must end sooner than that."""
    return int(session.execute(_PRUNE, {"before": before, "limit": limit}).rowcount)  # type: ignore[attr-defined]
