"""Many rows in one statement: as JSON in, unfolded by `jsonb_to_recordset`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session


def as_json(rows: Iterable[Mapping[str, Any]]) -> str:
    """The parameter for `jsonb_to_recordset(cast(:rows as jsonb))`."""
    return orjson.dumps(list(rows)).decode()


_LOCK = text(
    "select pg_advisory_xact_lock(key) from ("
    "select distinct hashtextextended(name, 0) as key from unnest(cast(:names as text[])) as asked (name) order by 1"
    ") as ordered"
)


def lock(session: Session, names: Iterable[str]) -> None:
    """Be alone with these names until the transaction ends. In a fixed order, so that nobody waits in a circle."""
    session.execute(_LOCK, {"names": list(names)})


_SHARED = text("select pg_advisory_xact_lock_shared(hashtextextended(:name, 0))")


def lock_shared(session: Session, name: str) -> None:
    """Keep out whoever wants to be alone with this name, until the transaction ends."""
    session.execute(_SHARED, {"name": name})
