"""Logging in, beside nothing but the comparison of passwords."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import argon2
import orjson

from deploy.local.client import API
from tests.bench.figures import Figure, Plan, Run, costs_of, measure, under_load
from tests.bench.histogram import Histogram
from tests.bench.rig import Rig
from tests.bench.wire import request

RAW = "raw: argon2id verifications"

_CONNECTIONS = 4
_THREADS = 2
_MEMORY_KIB, _PASSES = 19_456, 2
_WARM_UP = 0.5


def stage(rig: Rig, plan: Plan) -> Iterator[Figure]:
    """With the product's own parameters."""
    rig.workers.only()
    yield measure(RAW, "verifications", plan.runs, lambda: _verify(rig, plan))
    yield measure("POST /auth/login", "logins", plan.runs, lambda: _log_in(rig, plan), RAW)


def logins_of(rig: Rig) -> Iterator[bytes]:
    """One after the other, over and over: nobody comes to have so many sessions that the oldest must end."""

    def login_of(email: str) -> bytes:
        body = orjson.dumps({"email": email, "password": rig.settings["DEMO_PASSWORD"]})
        return request("POST", rig.host, f"{API}/auth/login", {}, body)

    return itertools.cycle([login_of(email) for email in rig.people])


def _verify(rig: Rig, plan: Plan) -> Run:
    hasher = argon2.PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=1)
    stored = hasher.hash("correct horse battery staple")

    def verify() -> list[float]:
        times, until = [], time.monotonic() + plan.seconds
        while (began := time.monotonic()) < until:
            hasher.verify(stored, "correct horse battery staple")
            times.append(time.monotonic() - began)
        return times

    before = rig.meter.read()
    with ThreadPoolExecutor(_THREADS) as threads:
        running = [threads.submit(verify) for _ in range(_THREADS)]
        times = [seconds for verifying in running for seconds in verifying.result()]
    spent = before.until(rig.meter.read())
    latency = Histogram(times)
    rate = len(times) / spent.seconds
    return Run(rate, latency.quantile(0.5), latency.quantile(0.99), 0, costs_of(spent, len(times)), spent.others)


def _log_in(rig: Rig, plan: Plan) -> Run:
    requests = logins_of(rig)
    with rig.connected(_CONNECTIONS) as generator:
        generator.closed_loop(requests, _WARM_UP)
        return under_load(rig.meter, lambda: generator.closed_loop(requests, plan.seconds))
