"""The faults: each one is done to the system while the load runs, and undone or left to the supervisor."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from deploy.local.pidfile import Identity
from deploy.local.processes import GATEWAY
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.stored import Databases
from tests.faults.world import WORKERS, World, wait_for

DOWN_SECONDS = 5.0
GATEWAY_WORKERS = 2
SENDER = "messaging-events"

_BACK_SECONDS = 90.0
_WORKER_START_SECONDS = 3.0
"""A new worker can't be asked whether it is ready."""
_REFUSED_WITHIN = 3.0
_NO_SPACE = "1000GB"


@dataclass(frozen=True, slots=True)
class Fault:
    """When it was over, by the clock of the wall."""

    ended: float


@dataclass(slots=True)
class Stage:
    """What an experiment may touch. `problems` are what it saw that should not be."""

    world: World
    load: Load
    ledger: Ledger
    databases: Databases
    times: int = 1
    """How often to kill."""
    problems: list[str] = field(default_factory=list)
    expected_dead: int = 0
    """How many dead letters are left behind on purpose."""

    def note_slow_answers(self) -> None:
        """A broker that is away is a 503 within 3 s. An order that it has in hand may wait for its deadline."""
        slow = [answer.seconds for answer in [*self.ledger.answers] if answer.seconds > _REFUSED_WITHIN]
        if slow:
            limit = f"{_REFUSED_WITHIN:.0f} s, the slowest after {max(slow):.1f} s"
            self.problems.append(f"{len(slow)} webhooks were answered after more than {limit}")


@dataclass(frozen=True, slots=True)
class Experiment:
    """A name for the command line, words for the table, and the deed."""

    name: str
    title: str
    act: Callable[[Stage], Fault]
    cuts_sends: bool = False
    """Whether it may cut somebody off between claiming a send and recording its answer."""


def kill_process(name: str, stage: Stage) -> Fault:
    """The supervisor starts it again; for those who ask, the fault is over at once and the rest is recovery."""
    killed_at = time.time()
    for _ in range(stage.times):
        killed_at = time.time()
        killed = stage.world.kill(name)
        wait_for(f"{name} is back", partial(stage.world.is_back, name, killed), _BACK_SECONDS)
    return Fault(killed_at)


def kill_gateway_worker(stage: Stage) -> Fault:
    """One of those that serve requests; the gateway's own process starts another."""
    killed_at = time.time()
    for _ in range(stage.times):
        killed_at = time.time()
        worker = stage.world.kill_one(stage.world.gateway_workers()[0])
        wait_for("another gateway worker is there", partial(_is_replaced, stage.world, worker), _BACK_SECONDS)
        time.sleep(_WORKER_START_SECONDS)
    return Fault(killed_at)


def _is_replaced(world: World, worker: Identity) -> bool:
    workers = world.gateway_workers()
    return worker not in workers and len(workers) >= GATEWAY_WORKERS


def kill_broker(stage: Stage) -> Fault:
    """While it is away, whoever asks must be refused soon."""
    stage.world.private.kill_broker()
    time.sleep(DOWN_SECONDS)
    stage.world.private.start_broker()
    stage.note_slow_answers()
    return Fault(time.time())


def crash_postgres(stage: Stage) -> Fault:
    stage.world.private.stop_postgres("immediate")
    time.sleep(DOWN_SECONDS)
    stage.world.private.start_postgres()
    return Fault(time.time())


def fill_broker_disk(stage: Stage) -> Fault:
    """The broker believes its disk to be full: it blocks whoever publishes."""
    broker = stage.world.private.broker
    usual = broker.control("eval", "rabbit_disk_monitor:get_disk_free_limit().").strip()
    broker.control("set_disk_free_limit", _NO_SPACE)
    time.sleep(DOWN_SECONDS)
    broker.control("set_disk_free_limit", usual)
    stage.note_slow_answers()
    return Fault(time.time())


def killings() -> list[Experiment]:
    """Every process of the product."""
    workers = [Experiment(name, f"kill -9 {name}", partial(kill_process, name), name == SENDER) for name in WORKERS]
    gateway = Experiment(GATEWAY, "kill -9 the gateway's own process", partial(kill_process, GATEWAY))
    worker = Experiment("gateway-worker", "kill -9 a worker of the gateway", kill_gateway_worker)
    return [*workers, worker, gateway]


def outages() -> list[Experiment]:
    """The servers below it."""
    seconds = f"{DOWN_SECONDS:.0f} s"
    return [
        Experiment("broker", f"kill -9 RabbitMQ, start it after {seconds}", kill_broker),
        Experiment(
            "postgres", f"stop PostgreSQL (immediate), start it after {seconds}", crash_postgres, cuts_sends=True
        ),
        Experiment("disk", f"RabbitMQ sees no free disk for {seconds}", fill_broker_disk),
    ]
