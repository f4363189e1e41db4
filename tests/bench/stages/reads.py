"""Reading pages through the gateway, beside the same statements on as many bare connections."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import psycopg2

from services.common.contracts.messaging import ListConversations, ListMessages
from services.common.kit.paging import Position
from services.common.kit.reads import TENANT_KEY, Read
from services.common.kit.uow import UnitOfWork
from services.messaging.repository.reading import ConversationReader, MessageReader
from tests.bench.figures import Figure, Plan, Run, costs_of, measure, run_of_latencies, under_load
from tests.bench.histogram import Histogram
from tests.bench.rig import CONNECTIONS, Rig

_LIMIT = 20
_WARM_UP = 0.7
_DEEP = {
    "conversations": "select last_activity_at, id from conversations where tenant_id = %s"
    " order by last_activity_at desc, id desc offset 15000 limit 1",
    "messages": "select occurred_at, id from messages where tenant_id = %s"
    " order by occurred_at desc, id desc offset 150000 limit 1",
}
_READERS: dict[str, Callable[[UnitOfWork, str | None], Any]] = {
    "conversations": lambda uow, cursor: ConversationReader(uow).list_conversations(
        ListConversations(limit=_LIMIT, cursor=cursor)
    ),
    "messages": lambda uow, cursor: MessageReader(uow).list_messages(ListMessages(limit=_LIMIT, cursor=cursor)),
}

Statement = tuple[str, dict[str, Any]]


def stage(rig: Rig, plan: Plan) -> Iterator[Figure]:
    """The first page and one far behind it, of conversations and of messages."""
    rig.workers.only()
    for noun in _DEEP:
        for words, cursor in (("first page", None), ("deep page", _deep_cursor(rig, noun))):
            raw = f"raw: the statements of {noun}, {words}"
            statements = _statements_of(noun, rig.tenant_id, cursor)
            yield measure(raw, "pages", plan.runs, partial(_raw, rig, plan, statements))
            path = f"/{noun}?limit={_LIMIT}" + (f"&cursor={cursor}" if cursor else "")
            yield measure(f"GET /{noun}, {words}", "pages", plan.runs, partial(read, rig, plan, path), raw)


def read(rig: Rig, plan: Plan, path: str) -> Run:
    """The same request again and again, on 16 connections."""
    requests = itertools.repeat(rig.get(path))
    with rig.connected() as generator:
        generator.closed_loop(requests, _WARM_UP)
        return under_load(rig.meter, lambda: generator.closed_loop(requests, plan.seconds))


def _deep_cursor(rig: Rig, noun: str) -> str:
    at, row_id = rig.ask("messaging", _DEEP[noun], rig.tenant_id)
    return Position(at, str(row_id)).to_cursor()


class _Recorder:
    """Stands in for a unit of work: keeps the first statement of a reading instead of running it."""

    def __init__(self, tenant_id: str) -> None:
        self.tenant_id = tenant_id
        self.statements: list[Statement] = []

    def rows(self, read: Read, /, **given: Any) -> list[Any]:
        self.statements.append((read.text, read.values(given | {TENANT_KEY: self.tenant_id})))
        return []

    def first(self, _read: Read, /, **_given: Any) -> Any:
        """How many there are, which is asked only when nothing was found."""
        return SimpleNamespace(total=0)


def _statements_of(noun: str, tenant_id: str, cursor: str | None) -> list[Statement]:
    """What the service asks its database for one page."""
    recorder = _Recorder(tenant_id)
    _READERS[noun](cast("UnitOfWork", recorder), cursor)
    return recorder.statements


@dataclass(slots=True)
class _Reader:
    """One connection with a thread of its own."""

    url: str
    tenant_id: str
    statements: list[Statement]
    pages: int = 0

    def run(self, ready: threading.Barrier, seconds: float) -> list[float]:
        """How long each page took."""
        with closing(psycopg2.connect(self.url)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute("select set_config('app.tenant_id', %s, false)", (self.tenant_id,))
            ready.wait()
            times, now = [], time.monotonic()
            until = now + seconds
            while now < until:
                for sql, values in self.statements:
                    cursor.execute(sql, values)
                    cursor.fetchall()
                before, now = now, time.monotonic()
                times.append(now - before)
            return times


def _raw(rig: Rig, plan: Plan, statements: list[Statement]) -> Run:
    reader = _Reader(rig.settings["MESSAGING_DATABASE_URL"], rig.tenant_id, statements)
    ready = threading.Barrier(CONNECTIONS + 1)
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        running = [threads.submit(reader.run, ready, plan.seconds) for _ in range(CONNECTIONS)]
        ready.wait()
        before = rig.meter.read()
        times = [seconds for reading in running for seconds in reading.result()]
    spent = before.until(rig.meter.read())
    run = run_of_latencies(len(times) / spent.seconds, Histogram(times))
    return Run(run.rate, run.p50, run.p99, 0, costs_of(spent, len(times)), spent.others)
