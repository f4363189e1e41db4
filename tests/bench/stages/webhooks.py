"""Taking webhooks, their events piling up: the gateway beside a bare Flask application that only publishes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial
from itertools import islice

from services.common.kit.topology import Subscription
from tests.bench import history
from tests.bench.broker import EXCHANGE, KEY
from tests.bench.figures import Figure, Plan, Run, measure, under_load
from tests.bench.letters import Writer
from tests.bench.load import Generator
from tests.bench.rig import Rig
from tests.bench.workers import BARE

QUEUE = Subscription("gateway", "webhook.received.v1", "messaging", "on_webhook_received_v1").queue
RAW = "raw: bare Flask, confirmed publish"
RATES = (500, 1000, 1500)
OPEN_CONNECTIONS = 64
MOST_A_SECOND = 5000

_BARE_QUEUE = "bench.webhooks"
_WARM_UP = 0.7
_NEWCOMERS = 20


def stage(rig: Rig, plan: Plan) -> Iterator[Figure]:
    """Closed loop on 16 connections, then fixed rates."""
    rig.workers.only(BARE)
    rig.broker.make_queue(_BARE_QUEUE, EXCHANGE, KEY)
    yield measure(RAW, "requests", plan.runs, lambda: _bare(rig, plan))
    rig.workers.only()
    yield measure("webhooks, stage alone", "requests", plan.runs, lambda: _closed(rig, plan), RAW)
    for rate in RATES:
        name = f"webhooks, stage alone, {rate}/s offered"
        yield measure(name, "requests", plan.runs, partial(_offered, rig, plan, rate))


def mixed_customers(writer: Writer) -> Iterator[int]:
    """Customers of the past, every 20th time somebody new."""
    chance = random.Random(writer.run)
    for turn, newcomer in enumerate(writer.newcomers()):
        yield newcomer if turn % _NEWCOMERS == 0 else chance.randint(1, history.CUSTOMERS)


def requests_of(rig: Rig, writer: Writer, count: float, **where: str) -> Iterator[bytes]:
    """So many webhooks, made before the load begins."""
    bodies = writer.bodies(islice(mixed_customers(writer), int(count)))
    return iter(writer.requests(rig.host, bodies, **where))


def _bare(rig: Rig, plan: Plan) -> Run:
    requests = requests_of(rig, rig.writer(), _enough(plan), path="/publish")
    with rig.connected(address=rig.workers.address(BARE)) as generator:
        run = _after_warm_up(rig, generator, requests, plan.seconds)
    rig.broker.purge(_BARE_QUEUE)
    return run


def _closed(rig: Rig, plan: Plan) -> Run:
    requests = requests_of(rig, rig.writer(), _enough(plan))
    with rig.connected() as generator:
        run = _after_warm_up(rig, generator, requests, plan.seconds)
    rig.broker.purge(QUEUE)
    return run


def _offered(rig: Rig, plan: Plan, rate: int) -> Run:
    requests = requests_of(rig, rig.writer(), rate * plan.seconds + 10)
    with rig.connected(OPEN_CONNECTIONS) as generator:
        run = under_load(rig.meter, lambda: generator.open_loop(requests, rate, plan.seconds))
    rig.broker.purge(QUEUE)
    return run


def _enough(plan: Plan) -> float:
    return MOST_A_SECOND * (plan.seconds + _WARM_UP)


def _after_warm_up(rig: Rig, generator: Generator, requests: Iterator[bytes], seconds: float) -> Run:
    generator.closed_loop(requests, _WARM_UP)
    return under_load(rig.meter, lambda: generator.closed_loop(requests, seconds))
