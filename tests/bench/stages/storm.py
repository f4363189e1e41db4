"""Twenty who log in at once, again and again, and how long another RPC of `auth` takes meanwhile.

Questions are due at their instants, whatever became of those before: none is spared the wait of the one before it.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial

import jwt

from services.common.contracts.auth import GetMe
from services.common.kit.context import Context
from services.common.kit.rpc import RpcClient
from tests.bench.figures import Figure, Plan, Run, figure_of, measure, run_of_latencies, under_load
from tests.bench.histogram import Histogram
from tests.bench.rig import Rig
from tests.bench.stages.logins import logins_of

DIRECT, THROUGH = "auth.get_me, directly", "GET /auth/me"

_AT_ONCE = 20
_STORM = f"{_AT_ONCE} logins at once"
_A_SECOND = 50
_CONNECTIONS = 8
_SETTLE = 0.5
_LONGEST = 600.0


def stage(rig: Rig, plan: Plan) -> Iterator[Figure]:
    """`get_me`, directly and through the gateway: in quiet, and during the storm."""
    rig.workers.only()
    load = os.getloadavg()[0]
    ways = {DIRECT: partial(_ask, rig, plan), THROUGH: partial(_get, rig, plan)}
    for name, way in ways.items():
        yield measure(name, "calls", plan.runs, way)
    with _storm(rig) as logins:
        for name, way in ways.items():
            yield measure(f"{name}, {_STORM}", "calls", plan.runs, way)
    yield figure_of(f"POST /auth/login, {_STORM}", "logins", logins, load)


@contextmanager
def _storm(rig: Rig) -> Iterator[list[Run]]:
    """Log in until the block ends; then the list has what became of it."""
    over = threading.Event()
    requests = itertools.takewhile(lambda _: not over.is_set(), logins_of(rig))
    outcome: list[Run] = []
    with rig.connected(_AT_ONCE) as generator, ThreadPoolExecutor(1) as thread:
        running = thread.submit(generator.closed_loop, requests, _LONGEST)
        time.sleep(_SETTLE)
        try:
            yield outcome
        finally:
            over.set()
        blown = running.result()
        outcome.append(run_of_latencies(blown.rate, blown.latency, blown.errors.total()))


def _get(rig: Rig, plan: Plan) -> Run:
    requests = itertools.repeat(rig.get("/auth/me"))
    with rig.connected(_CONNECTIONS) as generator:
        return under_load(rig.meter, lambda: generator.open_loop(requests, _A_SECOND, plan.seconds))


def _ask(rig: Rig, plan: Plan) -> Run:
    claims = jwt.decode(rig.token, options={"verify_signature": False})
    who = partial(Context.new, user_id=claims["sub"], tenant_id=claims["tid"])
    with closing(RpcClient(rig.settings["AMQP_URL"], "bench")) as client, ThreadPoolExecutor(_CONNECTIONS) as threads:
        client.call_wire(GetMe(), who())  # connects

        def ask(due: float) -> float:
            time.sleep(max(0.0, due - time.monotonic()))
            client.call_wire(GetMe(), who())
            return time.monotonic() - due

        began = time.monotonic()
        dues = [began + number / _A_SECOND for number in range(round(_A_SECOND * plan.seconds))]
        times = list(threads.map(ask, dues))
        return run_of_latencies(len(times) / (time.monotonic() - began), Histogram(times))
