"""Waiting until nothing is under way any more, so that what is missing then is lost."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg2

from deploy.local.console import say
from tests.faults.count import of_totals
from tests.faults.ledger import Ledger
from tests.faults.stored import Databases, Total
from tests.faults.world import World
from tests.simulators.graph_api.control import ControlClient

QUIET_SECONDS = 120.0

_POLL = 0.4
_TELL_EVERY = 10.0
_DEAD = ".dlq"
_PATIENCE = 8.0
"""Nothing has moved for so long, and something is missing: it will not come."""


@dataclass(frozen=True, slots=True)
class Rest:
    """What is still under way."""

    missing: int = 0
    unsettled: int = 0
    unpublished: int = 0
    uncounted: int = 0
    provider_busy: bool = False

    @property
    def is_still(self) -> bool:
        """Whether what is missing is not on its way either."""
        return not self.unsettled and not self.unpublished and not self.provider_busy and self.missing >= 0

    def __str__(self) -> str:
        if self == Rest():
            return ""
        return (
            f"{self.missing} messages not stored, {self.unsettled} sends unsettled, {self.unpublished} events "
            f"unpublished, {self.uncounted} uncounted{', the provider is busy' if self.provider_busy else ''}"
        )


@dataclass(frozen=True, slots=True)
class Before:
    """How things stood when an experiment began: what was left over then is not waited for."""

    totals: dict[str, Total]
    unpublished: int
    queued: int
    dead: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """How the waiting ended. `reached` is false when something was still moving at the end."""

    reached: bool
    seconds: float
    rest: str
    dead: dict[str, int]
    """Messages in the dead-letter queues, by queue."""


class Quiescence:
    """Looks at databases, simulator and, at last, at the broker's queues, which is the most expensive look."""

    def __init__(self, world: World, databases: Databases, simulator: ControlClient) -> None:
        self._world, self._databases, self._simulator = world, databases, simulator

    def look_before(self) -> Before:
        """How things stand now."""
        queues = self._queues()
        dead, busy = sum(_dead(queues).values()), sum(_busy(queues).values())
        return Before(self._databases.totals(), self._databases.count_unpublished(), busy, dead)

    def wait(self, ledger: Ledger, before: Before, seconds: float = QUIET_SECONDS) -> Quiet:
        """Wait until everything accepted has arrived everywhere, or until nothing moves any more."""
        began = moved_at = told_at = time.monotonic()
        last, queues = self._look(ledger, before), dict[str, int]()
        while True:
            now = time.monotonic()
            stuck = now - moved_at > _PATIENCE
            if last == Rest() or stuck:
                queues = self._queues()
                if sum(_busy(queues).values()) <= before.queued and last.is_still:
                    return Quiet(reached=True, seconds=now - began, rest=str(last), dead=_dead(queues))
            if now - began > seconds:
                return Quiet(reached=False, seconds=now - began, rest=f"{last}; {_busy(queues)}", dead=_dead(queues))
            if now - told_at > _TELL_EVERY:
                told_at = now
                say(f"  still waiting: {str(last) or 'nothing in the databases'}, {_busy(queues)}")
            time.sleep(_POLL)
            look = self._look(ledger, before)
            if look != last:
                last, moved_at = look, time.monotonic()

    def _queues(self) -> dict[str, int]:
        return {} if self._world.servers is None else self._world.queues()

    def _look(self, ledger: Ledger, before: Before) -> Rest:
        try:
            return Rest(
                missing=len(ledger.accepted_at) - self._databases.count_stored(list(ledger.accepted_at)),
                unsettled=self._databases.count_unsettled(),
                unpublished=max(self._databases.count_unpublished() - before.unpublished, 0),
                uncounted=sum(finding.count for finding in of_totals(self._databases.totals(), before.totals)),
                provider_busy=not self._simulator.progress().idle,
            )
        except psycopg2.OperationalError:
            return Rest(missing=-1)


def _busy(queues: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in queues.items() if not name.endswith(_DEAD)}


def _dead(queues: Mapping[str, int]) -> dict[str, int]:
    return {name: count for name, count in queues.items() if name.endswith(_DEAD)}
