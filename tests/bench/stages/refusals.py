"""How long a refused sign-in takes, whoever has the address: no answer may come sooner for being about nobody.

One request at a time, the cases in an order that chance makes anew each round, so that nothing which comes and goes on
the machine meets one of them alone. A rate here is the inverse of the median, so "of limit" compares the medians with
that of the wrong password: 100 % where the time tells nothing.
"""

from __future__ import annotations

import http.client
import os
import random
import secrets
import statistics
import time
from collections.abc import Iterator
from contextlib import closing

import orjson

from deploy.local.client import API
from tests.bench.figures import Figure, Plan, Run, figure_of
from tests.bench.histogram import Histogram
from tests.bench.rig import Rig

WRONG = "refused: a wrong password"
UNKNOWN = "refused: nobody's address"
DISABLED = "refused: a disabled user's right password"
LOCKED = "refused: a wrong password during a delay"
LOCKED_RIGHT = "refused: the right password during a delay"
LOCKED_UNKNOWN = "refused: nobody's address during a delay"

_CASES = {
    WRONG: 401,
    UNKNOWN: 401,
    DISABLED: 401,
    LOCKED: 429,
    LOCKED_RIGHT: 429,
    LOCKED_UNKNOWN: 429,
}
_SAMPLES, _WARM_UP = 200, 5
_PASSWORD = "Nine-wooden-7-spoons"
_FAILURES = 6

# Failures of the future last for the whole stage; those of this round are forgotten before each request.
_LOCK = (
    "update login_failures set failed_at = array_fill(now() + interval '1 hour', array[5]) where key like 'account:%'"
)
_FORGET = "delete from login_failures where key like 'address:%' or failed_at[1] < now()"

Credentials = tuple[str, str]


def stage(rig: Rig, plan: Plan) -> Iterator[Figure]:
    """So many samples of each, whatever the plan says about seconds and runs: a median of fewer would say little."""
    del plan
    rig.workers.only()
    load, before = os.getloadavg()[0], rig.meter.read()
    with closing(http.client.HTTPConnection(*rig.address, timeout=30)) as door:
        people = _prepare(rig, door)
        times: dict[str, list[float]] = {case: [] for case in _CASES}
        for sample in range(-_WARM_UP, _SAMPLES):
            for case in random.sample(list(_CASES), len(_CASES)):
                seconds = _refused(rig, door, case, people)
                if sample >= 0:
                    times[case].append(seconds)
    others = before.until(rig.meter.read()).others
    for case, taken in times.items():
        median = statistics.median(taken)
        run = Run(1 / median, median, Histogram(taken).quantile(0.99), others=others)
        yield figure_of(case, "refusals", [run], load, None if case == WRONG else WRONG)


def _prepare(rig: Rig, door: http.client.HTTPConnection) -> dict[str, Credentials]:
    """Who tries in each case; of nobody, somebody else each time."""
    known, disabled, locked, unknown = (f"{secrets.token_hex(6)}@bench.example" for _ in range(4))
    for email in (known, disabled, locked):
        form = {"email": email, "password": _PASSWORD, "name": "Rosa", "tenantName": "Bench"}
        _expect(door, "register", form, 201)
    with rig.database("auth") as cursor:
        cursor.execute("update users set is_active = false where email = %s", (disabled,))
        cursor.execute("delete from login_failures")
    for email in (locked, unknown):
        for _ in range(_FAILURES):
            _post(door, "login", {"email": email, "password": "Wrong-horse-7"})
    with rig.database("auth") as cursor:
        cursor.execute(_LOCK)
    wrong = "Wrong-horse-7"
    return {
        WRONG: (known, wrong),
        DISABLED: (disabled, _PASSWORD),
        LOCKED: (locked, wrong),
        LOCKED_RIGHT: (locked, _PASSWORD),
        LOCKED_UNKNOWN: (unknown, wrong),
    }


def _refused(rig: Rig, door: http.client.HTTPConnection, case: str, people: dict[str, Credentials]) -> float:
    """Seconds until one refusal."""
    with rig.database("auth") as cursor:
        cursor.execute(_FORGET)
    email, password = people.get(case, (f"{secrets.token_hex(6)}@bench.example", "Wrong-horse-7"))
    return _expect(door, "login", {"email": email, "password": password}, _CASES[case])


def _expect(door: http.client.HTTPConnection, path: str, form: dict[str, str], status: int) -> float:
    answered, seconds = _post(door, path, form)
    if answered != status:
        raise AssertionError(f"{path} was answered {answered} instead of {status}")
    return seconds


def _post(door: http.client.HTTPConnection, path: str, form: dict[str, str]) -> tuple[int, float]:
    body = orjson.dumps(form)
    began = time.perf_counter()
    door.request("POST", f"{API}/auth/{path}", body, {"Content-Type": "application/json"})
    answer = door.getresponse()
    answer.read()
    return answer.status, time.perf_counter() - began
