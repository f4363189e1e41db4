"""A command that is sent twice under one key is carried out once; the second caller gets the first one's answer.

The answer is stored in the transaction of the change, so either both exist or neither. A refusal stores nothing: what
is refused changes nothing, and may be tried again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.common.contracts.idempotency import IdempotencyKeyReused, StillRunning
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Key:
    """One request of one caller. The tenant comes from the unit of work."""

    caller: str
    route: str
    key: str
    fingerprint: str
    """Of the request's content: `fingerprint_of(wire)`."""


def fingerprint_of(wire: Any) -> str:
    """The same for the same content, whatever the order of its fields."""
    return hashlib.sha256(orjson.dumps(wire, option=orjson.OPT_SORT_KEYS)).hexdigest()


_LOCK = text("select pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
_FIND = text(
    "select fingerprint, response from idempotency"
    " where tenant_id = cast(:tenant_id as uuid) and caller = :caller and route = :route and key = :key"
)
_STORE = text(
    "insert into idempotency (tenant_id, caller, route, key, fingerprint, response)"
    " values (cast(:tenant_id as uuid), :caller, :route, :key, :fingerprint, :response)"
)
_PRUNE = text(
    "delete from idempotency where ctid = any(array("
    "select ctid from idempotency where created_at < :before order by created_at limit :limit))"
)


def run_once(uow: UnitOfWork, key: Key, action: Callable[[], Any]) -> Any:
    """The answer of `action`, in wire form; run now, or remembered from the first time.

    Raises `StillRunning` while another transaction has the key, and `IdempotencyKeyReused` for other content.
    """
    row = {"tenant_id": _tenant_of(uow), "caller": key.caller, "route": key.route, "key": key.key}
    # Two statements: the second must see what was committed before the lock was had.
    if not uow.session.execute(_LOCK, {"name": orjson.dumps(list(row.values())).decode()}).scalar_one():
        raise StillRunning(details={"retryAfter": "1"})
    stored = uow.session.execute(_FIND, row).one_or_none()
    if stored is not None:
        return _replay(key, *stored)
    answer = action()
    response = orjson.dumps(answer).decode()
    uow.session.execute(_STORE, {**row, "fingerprint": key.fingerprint, "response": response})
    return answer


def _tenant_of(uow: UnitOfWork) -> str:
    return uow.tenant_id if uow.has_tenant else NO_TENANT


def _replay(key: Key, fingerprint: str, response: str) -> Any:
    if fingerprint != key.fingerprint:
        raise IdempotencyKeyReused
    return orjson.loads(response)


def prune(session: Session, before: datetime, limit: int = 5000) -> int:
    """Forget answers stored before an instant; return how many rows went."""
    return int(session.execute(_PRUNE, {"before": before, "limit": limit}).rowcount)  # type: ignore[attr-defined]
