"""What the gateway adds to a call: the same RPC through it and beside it, and Flask without any call."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from services.common.contracts.tenants import GetTenant
from services.common.kit.context import Context
from services.common.kit.rpc import RpcClient
from tests.bench.figures import Figure, Plan, Run, costs_of, measure, under_load
from tests.bench.histogram import Histogram
from tests.bench.rig import CONNECTIONS, Rig
from tests.bench.stages.reads import read
from tests.bench.wire import request
from tests.bench.workers import BARE

HELLO = "raw: bare Flask, hello"
DIRECT = "raw: the RPC without the gateway"

_WARM_UP = 0.7


def stage(rig: Rig, plan: Plan) -> Iterator[Figure]:
    """GET /tenant: one small RPC that reads one row."""
    rig.workers.only(BARE)
    yield measure(HELLO, "requests", plan.runs, lambda: _hello(rig, plan))
    rig.workers.only()
    yield measure(DIRECT, "calls", plan.runs, lambda: _direct(rig, plan))
    yield measure("GET /tenant", "requests", plan.runs, lambda: read(rig, plan, "/tenant"), DIRECT)


def _hello(rig: Rig, plan: Plan) -> Run:
    requests = itertools.repeat(request("GET", rig.host, "/ready", {}))
    with rig.connected(address=rig.workers.address(BARE)) as generator:
        generator.closed_loop(requests, _WARM_UP)
        return under_load(rig.meter, lambda: generator.closed_loop(requests, plan.seconds))


def _direct(rig: Rig, plan: Plan) -> Run:
    with closing(RpcClient(rig.settings["AMQP_URL"], "bench")) as client, ThreadPoolExecutor(CONNECTIONS) as threads:
        _ask(client, rig.tenant_id, _WARM_UP)
        ready = threading.Barrier(CONNECTIONS + 1)

        def ask() -> list[float]:
            ready.wait()
            return _ask(client, rig.tenant_id, plan.seconds)

        running = [threads.submit(ask) for _ in range(CONNECTIONS)]
        ready.wait()
        before = rig.meter.read()
        times = [seconds for asking in running for seconds in asking.result()]
        spent = before.until(rig.meter.read())
    latency = Histogram(times)
    rate = len(times) / spent.seconds
    return Run(rate, latency.quantile(0.5), latency.quantile(0.99), 0, costs_of(spent, len(times)), spent.others)


def _ask(client: RpcClient, tenant_id: str, seconds: float) -> list[float]:
    times, now = [], time.monotonic()
    until = now + seconds
    while now < until:
        client.call_wire(GetTenant(), Context.new(tenant_id=tenant_id))
        before, now = now, time.monotonic()
        times.append(now - before)
    return times
