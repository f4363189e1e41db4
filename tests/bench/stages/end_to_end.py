"""Webhooks while their consumers run: what the sender sees, and how long until a message is stored."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.bench.figures import Figure, Plan, Run, costs_of, figure_of, run_of
from tests.bench.histogram import Histogram
from tests.bench.letters import Writer
from tests.bench.load import Outcome
from tests.bench.progress import INBOX, Watch
from tests.bench.rig import CONNECTIONS, Rig
from tests.bench.stages.webhooks import MOST_A_SECOND, OPEN_CONNECTIONS, RATES, requests_of
from tests.bench.workers import CONSUMERS

HANDLER = "messaging.on_webhook_received_v1"

_STORED = """
select external_id, extract(epoch from pg_xact_commit_timestamp(xmin)) from messages
where tenant_id = %s and occurred_at >= to_timestamp(%s) and external_id like %s
"""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One run: by the sender, and by whoever looks into the database."""

    taken: Run
    stored: Run


def stage(rig: Rig, plan: Plan) -> Iterator[Figure]:
    """Closed loop on 16 connections, then fixed rates."""
    rig.workers.only(*CONSUMERS)
    for rate in (None, *RATES):
        load = os.getloadavg()[0]
        runs = [_once(rig, plan.seconds, rate) for _ in range(plan.runs)]
        words = "as many as it takes" if rate is None else f"{rate}/s offered"
        yield figure_of(f"end to end, {words}: accepted", "requests", [run.taken for run in runs], load)
        yield figure_of(f"end to end, {words}: stored", "messages", [run.stored for run in runs], load)


def _once(rig: Rig, seconds: float, rate: int | None) -> _Seen:
    writer = rig.writer()
    requests = requests_of(rig, writer, seconds * (rate or MOST_A_SECOND) + 10)
    since = time.time()
    with rig.connected(CONNECTIONS if rate is None else OPEN_CONNECTIONS) as generator:
        before = rig.meter.read()
        if rate is None:
            outcome = generator.closed_loop(requests, seconds)
        else:
            outcome = generator.open_loop(requests, rate, seconds)
        taken = replace(run_of(outcome, before.until(rig.meter.read())), costs={})  # the work is not done yet
    with rig.database("messaging") as cursor:
        progress = Watch(cursor, INBOX, HANDLER, since).until(outcome.answered)
    spent = before.until(rig.meter.read())
    latency, missing = _latencies(rig, writer, outcome, rate)
    stored = Run(
        progress.rows / (progress.last - since),
        latency.quantile(0.5),
        latency.quantile(0.99),
        missing,
        costs_of(spent, outcome.answered),
        spent.others,
    )
    return _Seen(taken, stored)


def _latencies(rig: Rig, writer: Writer, outcome: Outcome, rate: int | None) -> tuple[Histogram, int]:
    """From the instant at which a webhook was due to that at which its message became visible; how many are missing."""
    latency, rows = Histogram(), 0
    with rig.database("messaging") as cursor:
        cursor.execute(_STORED, (rig.tenant_id, outcome.began_at - 60, f"{writer.prefix}%"))
        for wamid, visible_at in cursor:
            rows += 1
            if rate is not None:
                latency.record(float(visible_at) - outcome.began_at - writer.index_of(wamid) / rate)
    return latency, outcome.answered - rows
