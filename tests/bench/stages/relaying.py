"""The relay alone: an outbox full of events, beside publishing as many without a database."""

from __future__ import annotations

import time
from collections.abc import Iterator

import orjson

from services.common.kit.publisher import Outgoing
from tests.bench.figures import Figure, Plan, Run, costs_of, measure
from tests.bench.progress import OUTBOX, Watch, drain
from tests.bench.rig import Rig

RAW = "raw: pipelined confirmed publish"

_SERVICE = "bookings"
_EXCHANGE = f"{_SERVICE}.events"
_KEY = "bench.happened.v1"
_QUEUE = "bench.relayed"
_PER_SECOND = 6000
_PAYLOAD = orjson.dumps({"type": _KEY, "data": {"text": "x" * 250}}).decode()
_FILL = """
insert into outbox (event_id, exchange, routing_key, mandatory, headers, payload)
select gen_random_uuid(), %s, %s, true, '{"nameko.request_id": "0190a0c0-0000-7000-8000-000000000000"}', %s
from generate_series(1, %s)
"""


def stage(rig: Rig, plan: Plan) -> Iterator[Figure]:
    """On the one service that has nothing else to do."""
    rig.workers.only(_SERVICE)  # makes the exchange
    rig.broker.make_queue(_QUEUE, _EXCHANGE, _KEY)
    yield measure(RAW, "events", plan.runs, lambda: _publish(rig, plan))
    yield measure("relay, a full outbox", "events", plan.runs, lambda: _relay(rig, plan), RAW)


def _publish(rig: Rig, plan: Plan) -> Run:
    count = int(plan.seconds * _PER_SECOND)
    messages = [Outgoing(_EXCHANGE, _KEY, _PAYLOAD.encode()) for _ in range(count)]
    before = rig.meter.read()
    rig.broker.fill(messages)
    spent = before.until(rig.meter.read())
    rig.broker.purge(_QUEUE)
    return Run(count / spent.seconds, costs=costs_of(spent, count), others=spent.others)


def _relay(rig: Rig, plan: Plan) -> Run:
    count = int(plan.seconds * _PER_SECOND)
    rig.workers.only()
    since = time.time()
    with rig.database(_SERVICE) as cursor:
        cursor.execute(_FILL, (_EXCHANGE, _KEY, _PAYLOAD, count))
        run = drain(rig, Watch(cursor, OUTBOX, _KEY, since), count, lambda: rig.workers.only(_SERVICE))
    rig.broker.purge(_QUEUE)
    return run
