"""A small service with one of everything, and a memory of what it was asked to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import eventlet
import sqlalchemy as sa

from services.common.contracts.base import Envelope, Event, Request, View
from services.common.contracts.errors import Conflict, Unavailable
from services.common.kit.entrypoints import (
    SYSTEM,
    TENANT,
    Begin,
    Later,
    Provide,
    Runtime,
    command,
    every,
    on,
    query,
)
from services.common.kit.settings import Settings, setting
from services.common.kit.uow import UnitOfWork


class SampleTaken(Conflict):
    """There is one of that name already."""

    code = "sample.taken"


class SampleView(View):
    name: str
    times: int


class SamplesView(View):
    samples: list[SampleView]


class AddSample(Request[SampleView], service="sample", method="add_sample"):
    name: str


class FindSamples(Request[SamplesView], service="sample", method="find_samples"):
    prefix: str = ""


class Misbehave(Request[SampleView], service="sample", method="misbehave"):
    how: str


class Dawdle(Request[SampleView], service="sample", method="dawdle"):
    seconds: float


class NobodysRequest(Request[SampleView], service="nobody", method="anything"):
    pass


class SampleAddedV1(Event, source="sample", type="sample.added.v1", consumed_by=("sample",)):
    name: str


class SampleCountedV1(Event, source="sample", type="sample.counted.v1", consumed_by=("sample",)):
    name: str


@dataclass(frozen=True)
class SampleSettings(Settings):
    database_url: str = setting("SAMPLE_DATABASE_URL", "database")
    amqp_url: str = setting("AMQP_URL", "broker")


@dataclass
class Memory:
    """What the handlers saw, shared by all service objects of the process."""

    handled: list[str] = field(default_factory=list)
    batches: list[list[str]] = field(default_factory=list)
    troubles: dict[str, list[BaseException]] = field(default_factory=dict)
    """By event name: what its handler raises, once each."""
    always: dict[str, BaseException] = field(default_factory=dict)
    """By event name: what its handler raises each time."""
    seconds: dict[str, float] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    ticks: int = 0
    ticking: int = 0
    most_ticking: int = 0

    def trouble(self, name: str) -> None:
        """Raise what the test has ordered for this name."""
        if self.troubles.get(name):
            raise self.troubles[name].pop(0)
        if name in self.always:
            raise self.always[name]


MEMORY = Memory()

_INSERT = sa.text("insert into samples (tenant_id, name) values (cast(:tenant_id as uuid), :name)")
_FIND = sa.text("select name from samples where name like :prefix || '%' order by name")


class SampleService:
    name = "sample"
    runtime = Runtime(SampleSettings)
    adapter = Provide(lambda settings: {"made from": settings.amqp_url})

    @command(AddSample)
    def add_sample(self, request: AddSample, uow: UnitOfWork) -> SampleView:
        MEMORY.calls["add_sample"] += 1
        MEMORY.trouble(request.name)
        uow.session.execute(_INSERT, {"tenant_id": uow.tenant_id, "name": request.name})
        uow.publish(SampleAddedV1(name=request.name))
        return SampleView(name=request.name, times=MEMORY.calls["add_sample"])

    @query(FindSamples)
    def find_samples(self, request: FindSamples, uow: UnitOfWork) -> SamplesView:
        names = uow.session.execute(_FIND, {"prefix": request.prefix}).scalars()
        return SamplesView(samples=[SampleView(name=name, times=1) for name in names])

    @command(Misbehave, SYSTEM, steps=True)
    def misbehave(self, request: Misbehave, begin: Begin) -> SampleView:  # noqa: ARG002
        MEMORY.calls["misbehave"] += 1
        errors: dict[str, Any] = {
            "taken": SampleTaken("Taken.", {"name": "x"}),
            "unavailable": Unavailable(),
            "value": ValueError("secret detail"),
            "timeout": eventlet.Timeout(0),
        }
        raise errors[request.how]

    @command(Dawdle, SYSTEM, steps=True)
    def dawdle(self, request: Dawdle, begin: Begin) -> SampleView:  # noqa: ARG002
        MEMORY.calls["dawdle"] += 1
        eventlet.sleep(request.seconds)
        MEMORY.calls["dawdled"] += 1
        return SampleView(name="awake", times=1)

    @on(SampleAddedV1, TENANT)
    def on_sample_added_v1(self, event: SampleAddedV1, uow: UnitOfWork) -> None:  # noqa: ARG002
        MEMORY.calls[event.name] += 1
        eventlet.sleep(MEMORY.seconds.get(event.name, 0))
        MEMORY.trouble(event.name)
        MEMORY.handled.append(event.name)

    @on(SampleCountedV1, batch=True)
    def on_sample_counted_v1(self, envelopes: list[Envelope], uow: UnitOfWork) -> None:
        names = [envelope.data["name"] for envelope in envelopes]
        for name in names:
            MEMORY.trouble(name)
        uow.after_commit(lambda: MEMORY.batches.append(names))

    @every(0.1, steps=True)
    def tick(self, begin: Begin) -> None:
        MEMORY.ticking += 1
        MEMORY.most_ticking = max(MEMORY.most_ticking, MEMORY.ticking)
        with begin() as uow:
            uow.session.execute(sa.text("select pg_sleep(0.1)"))
        MEMORY.ticking -= 1
        MEMORY.ticks += 1


def later(seconds: float) -> Later:
    """What a handler raises to be called again."""
    return Later(seconds, "not yet")
