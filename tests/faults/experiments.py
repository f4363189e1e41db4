"""The faults: each one is done to the system while the load runs, and undone or left to the supervisor."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from deploy.local.processes import GATEWAY
from tests.faults.ledger import Ledger
from tests.faults.load import Load
from tests.faults.stored import Databases
from tests.faults.world import WORKERS, World, wait_for

DOWN_SECONDS = 5.0

_BACK_SECONDS = 90.0
_REFUSED_WITHIN = 3.0
_NO_SPACE = "1000GB"


@dataclass(frozen=True, slots=True)
class Fault:
    """When it began and when it was over, by the clock of the wall."""

    began: float
    ended: float


@dataclass(slots=True)
class Stage:
    """What an experiment may touch. `problems` are what it saw that should not be."""

    world: World
    load: Load
    ledger: Ledger
    databases: Databases
    problems: list[str] = field(default_factory=list)
    expected_dead: int = 0
    """How many dead letters are left behind on purpose."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A name for the command line, words for the table, and the deed."""

    name: str
    title: str
    act: Callable[[Stage], Fault]


def kill_process(name: str, stage: Stage) -> Fault:
    """The supervisor starts it again: for the rest of the system the fault is over when it is ready."""
    began = time.time()
    killed = stage.world.kill(name)
    wait_for(f"{name} is back", lambda: stage.world.is_back(name, killed), _BACK_SECONDS)
    return Fault(began, began)


def kill_gateway_worker(stage: Stage) -> Fault:
    began = time.time()
    before = len(stage.world.gateway_workers())
    killed = stage.world.kill_gateway_worker()

    def replaced() -> bool:
        workers = stage.world.gateway_workers()
        return killed not in workers and len(workers) >= before

    wait_for("another gateway worker is there", replaced, _BACK_SECONDS)
    return Fault(began, began)


def kill_broker(stage: Stage) -> Fault:
    began = time.time()
    stage.world.private.kill_broker()
    time.sleep(DOWN_SECONDS)
    stage.world.private.start_broker()
    return Fault(began, time.time())


def crash_postgres(stage: Stage) -> Fault:
    began = time.time()
    stage.world.private.stop_postgres("immediate")
    time.sleep(DOWN_SECONDS)
    stage.world.private.start_postgres()
    return Fault(began, time.time())


def fill_broker_disk(stage: Stage) -> Fault:
    """The broker believes its disk to be full: it blocks whoever publishes."""
    broker = stage.world.private.broker
    usual = broker.control("eval", "rabbit_disk_monitor:get_disk_free_limit().").strip()
    began = time.time()
    broker.control("set_disk_free_limit", _NO_SPACE)
    time.sleep(DOWN_SECONDS)
    broker.control("set_disk_free_limit", usual)
    ended = time.time()
    slow = [answer for answer in stage.ledger.answers if answer.ended <= ended and answer.seconds > _REFUSED_WITHIN]
    if slow:
        longest = max(answer.seconds for answer in slow)
        stage.problems.append(
            f"{len(slow)} webhooks were answered after more than {_REFUSED_WITHIN:.0f} s, the slowest after "
            f"{longest:.1f} s"
        )
    return Fault(began, ended)


def killings() -> list[Experiment]:
    """Every process of the product."""
    workers = [Experiment(name, f"kill -9 {name}", partial(kill_process, name)) for name in WORKERS]
    gateway = Experiment(GATEWAY, "kill -9 the gateway's own process", partial(kill_process, GATEWAY))
    worker = Experiment("gateway-worker", "kill -9 a worker of the gateway", kill_gateway_worker)
    return [*workers, worker, gateway]


def outages() -> list[Experiment]:
    """The servers below it."""
    seconds = f"{DOWN_SECONDS:.0f} s"
    return [
        Experiment("broker", f"kill -9 RabbitMQ, start it after {seconds}", kill_broker),
        Experiment("postgres", f"stop PostgreSQL in the middle (immediate), start it after {seconds}", crash_postgres),
        Experiment("disk", f"RabbitMQ sees no free disk for {seconds}", fill_broker_disk),
    ]
