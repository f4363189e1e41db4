"""How far the consumers have come, by the instants at which their transactions became visible."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.bench.figures import Run, costs_of
from tests.bench.rig import Rig

_POLL = 0.2
_MOST_SECONDS = 180.0

# The rows of the first commit were worked on before the clock starts, so they don't count.
_COMMITS = """
with done as (select extract(epoch from pg_xact_commit_timestamp(xmin)) as at from {table} where {condition}),
     edges as (select count(*) as rows, min(at) as first, max(at) as last from done)
select rows, coalesce(first, 0), coalesce(last, 0), (select count(*) from done where at > first) from edges
"""
INBOX = _COMMITS.format(table="inbox", condition="handler = %s and received_at >= to_timestamp(%s)")
OUTBOX = _COMMITS.format(table="outbox", condition="routing_key = %s and published_at >= to_timestamp(%s)")


class Progress(NamedTuple):
    """So many rows, the first and the last commit, and the rows that came after the first one."""

    rows: int
    first: float
    last: float
    after_first: int

    @property
    def rate(self) -> float:
        return self.after_first / (self.last - self.first) if self.last > self.first else 0.0


class Watch:
    """Asks one database over one connection how far it has come since an instant."""

    def __init__(self, cursor: Any, question: str, key: str, since: float) -> None:
        self._cursor, self._question, self._values = cursor, question, (key, since)

    def look(self) -> Progress:
        self._cursor.execute(self._question, self._values)
        rows, first, last, after_first = self._cursor.fetchone()
        return Progress(int(rows), float(first), float(last), int(after_first))

    def until(self, count: int) -> Progress:
        """Wait for so many, or until it is clear that something is broken."""
        deadline = time.monotonic() + _MOST_SECONDS
        while (progress := self.look()).rows < count and time.monotonic() < deadline:
            time.sleep(_POLL)
        return progress


def drain(rig: Rig, watch: Watch, count: int, start: Callable[[], None]) -> Run:
    """Start what works a backlog of so many off; what is missing in the end are errors.

    The clocks of the processes are read from when the first rows are there, so that their start does not count.
    """
    start()
    begun = watch.until(1)
    before = rig.meter.read()
    ended = watch.until(count)
    spent = before.until(rig.meter.read())
    return Run(
        rate=ended.rate, errors=count - ended.rows, costs=costs_of(spent, ended.rows - begun.rows), others=spent.others
    )
