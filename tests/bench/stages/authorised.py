"""What it costs to be authorised: the same routes with a user's token, with an API key, and without any of it.

One route makes an RPC; the other needs none, so that nothing hides the difference.
"""

from __future__ import annotations

import itertools
import os
from collections import defaultdict
from collections.abc import Iterator

from deploy.local.client import API
from tests.bench.figures import Figure, Plan, Run, figure_of, under_load
from tests.bench.rig import Rig
from tests.bench.wire import request
from tests.bench.workers import DOORS

_WARM_UP = 0.7


def stage(rig: Rig, plan: Plan) -> Iterator[Figure]:
    """In turns, so that whatever else the machine does meets all alike. Each request is counted, and none refused."""
    rig.workers.only(DOORS)
    load = os.getloadavg()[0]
    for noun, guarded in (("tenant", f"{API}/tenant"), ("version", "/guarded/version")):
        raw = f"raw: GET /{noun} without authentication"
        doors = {
            raw: request("GET", rig.host, f"/open/{rig.tenant_id}/{noun}", {}),
            f"GET /{noun}, a user's token": rig.get_with(rig.token, guarded),
            f"GET /{noun}, an API key": rig.get_with(rig.api_key, guarded),
        }
        runs: defaultdict[str, list[Run]] = defaultdict(list)
        for _ in range(plan.runs):
            for name, asked in doors.items():
                runs[name].append(_through(rig, plan, asked))
        for name, measured in runs.items():
            yield figure_of(name, "requests", measured, load, None if name == raw else raw)


def _through(rig: Rig, plan: Plan, asked: bytes) -> Run:
    requests = itertools.repeat(asked)
    with rig.connected(address=rig.workers.address(DOORS)) as generator:
        generator.closed_loop(requests, _WARM_UP)
        return under_load(rig.meter, lambda: generator.closed_loop(requests, plan.seconds))
