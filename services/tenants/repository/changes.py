"""Writing what changed into a row that is held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

_A_BIT = timedelta(microseconds=1)


class Dated(Protocol):
    """A row that says when it was changed last."""

    updated_at: Any


def differing(row: object, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the columns that a change would make others. What is the same already is written and told to nobody."""
    return {name: value for name, value in values.items() if value != getattr(row, name)}


def write(row: Dated, values: Mapping[str, Any], now: datetime) -> None:
    """Set the columns. `updated_at` grows with each change, whoever began first: copies elsewhere go by it."""
    for name, value in values.items():
        setattr(row, name, value)
    row.updated_at = max(now, row.updated_at + _A_BIT)
