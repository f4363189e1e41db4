"""The daily care of the kit's tables, done by the relay: partitions made ahead, old rows forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.common.kit import idempotency, inbox
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.uow import SYSTEM

_ALONE = text("select pg_try_advisory_xact_lock(hashtextextended('kit housekeeping', 0))")
_MAKE_PARTITIONS = text("select make_outbox_partitions(:days)")
_BATCH = 5000


@dataclass(frozen=True, slots=True)
class Retention:
    """How long to remember."""

    inbox: timedelta = timedelta(days=14)
    """Longer than a message can stay in a queue or a dead-letter queue before somebody replays it."""
    answers: timedelta = timedelta(hours=24)
    partitions_ahead: int = 7


def tidy(database: Database, retention: Retention | None = None) -> None:
    """Do what is due; nothing if another process is at it. In small transactions, so that nobody waits long."""
    keep = retention or Retention()
    _in_turn(database, lambda session, _now: _make_partitions(session, keep.partitions_ahead))
    _in_turn(database, lambda session, now: inbox.prune(session, now - keep.inbox, _BATCH))
    _in_turn(database, lambda session, now: idempotency.prune(session, now - keep.answers, _BATCH))


def _in_turn(database: Database, step: Callable[[Session, datetime], int]) -> None:
    """Repeat a step until it leaves less than a full batch behind."""
    while True:
        with database.transaction(Context.new(), SYSTEM) as uow:
            if not uow.session.execute(_ALONE).scalar_one() or step(uow.session, uow.now) < _BATCH:
                return


def _make_partitions(session: Session, days: int) -> int:
    session.execute(_MAKE_PARTITIONS, {"days": days})
    return 0
