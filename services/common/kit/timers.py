"""The entrypoint behind `@every`: a tick now and then, on one replica at a time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import eventlet
from eventlet.event import Event as Signal
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import SharedExtension

from services.common.kit import runs
from services.common.kit.begin import Begin
from services.common.kit.container import EVENTS, KitEntrypoint, QuietlyBound
from services.common.kit.context import Context
from services.common.kit.database import is_infrastructure_error
from services.common.kit.engine import EngineOptions, make_engine
from services.common.kit.logging import get_logger
from services.common.kit.runtime import runtime_of
from services.common.kit.uow import SYSTEM

log = get_logger(__name__)

_JITTER = 0.1
_LOCK = "select pg_try_advisory_lock(hashtextextended(%s, 0))"
_UNLOCK = "select pg_advisory_unlock(hashtextextended(%s, 0))"


class Turns(QuietlyBound, SharedExtension):
    """Whose turn it is among the replicas: an advisory lock of a session, on connections apart from the transactions'.

    It is held without a transaction, so a timer may work in steps. If the session breaks, another replica may start
    while this one finishes: a tick must be safe to run twice.
    """

    @cached_property
    def _engine(self) -> Any:
        options = EngineOptions(pool_size=1, max_overflow=9)
        url = runtime_of(self.container).settings.database_url
        return make_engine(url, f"frontdesk {self.container.service_name} timers", options)

    @contextmanager
    def taken(self, name: str) -> Iterator[bool]:
        """Whether it is ours until the block ends."""
        with self._engine.connect() as connection:
            ours = connection.exec_driver_sql(_LOCK, (name,)).scalar_one()
            try:
                yield ours
            finally:
                if ours:
                    connection.exec_driver_sql(_UNLOCK, (name,))

    def stop(self) -> None:
        """All ticks have ended."""
        self._engine.dispose()


class Timer(KitEntrypoint):
    """`@every(seconds)`. The next tick is due so many seconds after the last one ended."""

    ROLE = EVENTS
    turns = Turns()

    def __init__(self, seconds: float, *, steps: bool) -> None:
        super().__init__()
        self.seconds = seconds
        self.steps = steps
        self._stopping = Signal()
        self._ticked = Signal()

    def start(self) -> None:
        """Tick until stopped."""
        self.container.spawn_managed_thread(self._keep_ticking, identifier=f"timer {self.label}")

    def stop(self) -> None:
        """No further tick; the container waits for one that runs."""
        if not self._stopping.ready():
            self._stopping.send()

    def run(self, service: Any, ticked: Signal) -> None:
        """One tick, if no other replica is at it."""
        try:
            context = Context.new()
            with runs.observed(self.container.service_name, self.method_name, context) as run:
                run.outcome = self._tick(service, context)
        finally:
            ticked.send()

    def crashed(self, error: BaseException, ticked: Signal) -> None:  # noqa: ARG002  it is in the log already
        """The next tick is another chance; the log has it already."""
        if not ticked.ready():
            ticked.send()

    def _tick(self, service: Any, context: Context) -> str:
        method = getattr(service, self.method_name)
        database = runtime_of(self.container).resources.database
        try:
            with self.turns.taken(f"timer {self.label}") as ours:
                if not ours:
                    return "elsewhere"
                if self.steps:
                    method(Begin(database, context, SYSTEM, is_stopping=self._stopping.ready))
                    return "ok"
                with database.transaction(context, SYSTEM) as uow:
                    method(uow)
                return "ok"
        except Exception as error:
            if not is_infrastructure_error(error):
                raise
            log.warning("timer_waits_for_database", error=str(error)[:300])
            return "infrastructure"

    def _keep_ticking(self) -> None:
        while not self._pause():
            ticked = Signal()
            try:
                self.container.spawn_worker(self, (ticked,), {})
            except ContainerBeingKilled:
                return
            ticked.wait()

    def _pause(self) -> bool:
        """Whether the wait was cut short by the end. Not quite regular, so that replicas do not march in step."""
        pause = self.seconds * (1 + random.uniform(-_JITTER, _JITTER))
        with eventlet.Timeout(pause, exception=False):
            self._stopping.wait()
        return bool(self._stopping.ready())
