"""Working webhooks off a full queue: messaging beside plain batched inserts into the same table."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any

from psycopg2.extras import Json, execute_values

from tests.bench import history
from tests.bench.figures import Figure, Plan, Run, costs_of, measure
from tests.bench.letters import Writer, as_events
from tests.bench.progress import INBOX, Watch, drain
from tests.bench.rig import Rig
from tests.bench.stages.end_to_end import HANDLER
from tests.bench.stages.webhooks import QUEUE

RAW = "raw: batched inserts into such a table"

_BACKLOG_PER_SECOND = 2000
_AT_ONCE = 200
_BATCHES = 100
_TABLE = "create table bench_messages (like messages including all)"
_INSERT = """
insert into bench_messages (tenant_id, id, conversation_id, channel_id, direction, type, status, content, text,
    external_id, digest, sender, recipient, opens_window, attempts, occurred_at, sent_at, created_at, updated_at)
values %s
"""
_ROW = (
    "(%s, gen_random_uuid(), %s, %s, 'INBOUND', 'TEXT', 'RECEIVED', %s, %s, %s, %s, %s, %s, true, 0,"
    " now(), now(), now(), now())"
)


def stage(rig: Rig, plan: Plan) -> Iterator[Figure]:
    """First the ceiling, then customers who are all known, then customers who are all new."""
    with rig.database("messaging") as cursor:
        cursor.execute(_TABLE)
        cursor.execute("begin")
        yield measure(RAW, "rows", plan.runs, lambda: _insert(rig, cursor))
        cursor.execute("rollback")
        cursor.execute("drop table bench_messages")
    for words, customers_of in (("known", _known), ("new", _new)):
        name = f"processing a backlog, {words} customers"
        yield measure(name, "messages", plan.runs, partial(_work_off, rig, plan, customers_of), RAW)


def _known(writer: Writer) -> Iterator[int]:
    chance = random.Random(writer.run)
    while True:
        yield chance.randint(1, history.CUSTOMERS)


def _new(writer: Writer) -> Iterator[int]:
    return writer.newcomers()


def _work_off(rig: Rig, plan: Plan, customers_of: Callable[[Writer], Iterator[int]]) -> Run:
    count = int(plan.seconds * _BACKLOG_PER_SECOND)
    writer = rig.writer()
    rig.workers.only()
    rig.broker.purge(QUEUE)
    rig.broker.fill(as_events(writer.bodies(islice(customers_of(writer), count))))
    with rig.database("messaging") as cursor:
        watch = Watch(cursor, INBOX, HANDLER, time.time())
        return drain(rig, watch, count, lambda: rig.workers.only("messaging-events"))


def _insert(rig: Rig, cursor: Any) -> Run:
    """Batches of as many rows as messaging takes at once, each committed, with the same indexes."""
    tenant, conversation, channel = rig.tenant_id, rig.tenant_id, rig.tenant_id
    rows = list(_rows(rig.writer(), (tenant, conversation, channel)))
    before = rig.meter.read()
    started = time.monotonic()
    for first in range(0, len(rows), _AT_ONCE):
        execute_values(cursor, _INSERT, rows[first : first + _AT_ONCE], _ROW, page_size=_AT_ONCE)
        cursor.execute("commit; begin")
    seconds = time.monotonic() - started
    spent = before.until(rig.meter.read())
    return Run(len(rows) / seconds, costs=costs_of(spent, len(rows)), others=spent.others)


def _rows(writer: Writer, ids: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    said = "See you then, " * 4
    for number in range(_BATCHES * _AT_ONCE):
        wamid = f"{writer.prefix}{number:08d}"
        yield (*ids, Json({"text": said}), said, wamid, "0" * 64, "+4915100000000", "+4915100000001")
