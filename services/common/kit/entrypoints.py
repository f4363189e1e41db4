"""The decorators of a service class. Each stands for: parse, open a unit of work, call, commit, then reply or ack.

    class BookingsService:
        name = "bookings"
        runtime = Runtime(BookingsSettings)

        @command(CreateBooking)
        def create_booking(self, request, uow):
            return create_booking.run(request, uow)

The decorated function stays what it is, so it can be called in a test like any other.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from nameko.extensions import register_entrypoint

from services.common.contracts.base import Event, Request
from services.common.kit.begin import Begin
from services.common.kit.commands import Command, Query
from services.common.kit.consumers.batch import BatchHandler
from services.common.kit.consumers.single import EventHandler
from services.common.kit.consumers.subscriber import Later
from services.common.kit.container import KitEntrypoint
from services.common.kit.runtime import Provide, Runtime
from services.common.kit.timers import Timer
from services.common.kit.uow import SYSTEM, TENANT, Scope

__all__ = ["SYSTEM", "TENANT", "Begin", "Later", "Provide", "Runtime", "command", "every", "on", "query"]

F = TypeVar("F", bound=Callable[..., Any])


def command(request: type[Request[Any]], scope: Scope = TENANT, *, steps: bool = False) -> Callable[[F], F]:
    """A change of state, asked for by RPC: `(self, request, uow)`; with `steps`, `(self, request, begin)`."""
    _require_subclass(request, Request)

    def decorate(method: F) -> F:
        _require_name(method, request.METHOD)
        return _registered(method, Command(request, scope, steps=steps), "request", "begin" if steps else "uow")

    return decorate


def query(request: type[Request[Any]], scope: Scope = TENANT) -> Callable[[F], F]:
    """A read, asked for by RPC: `(self, request, uow)` in a read-only transaction."""
    _require_subclass(request, Request)

    def decorate(method: F) -> F:
        _require_name(method, request.METHOD)
        return _registered(method, Query(request, scope), "request", "uow")

    return decorate


def on(event: type[Event], scope: Scope = TENANT, *, steps: bool = False, batch: bool = False) -> Callable[[F], F]:
    """An event of another service, or of this one: `(self, event, uow)`, called once for each event.

    With `steps`, `(self, event, begin)`: opens transactions itself, and may be called again for the same event. With
    `batch`, `(self, envelopes, uow)` in `SYSTEM` scope: many at once, none of them seen before.
    """
    _require_subclass(event, Event)
    if batch and steps:
        raise TypeError("a batch is one transaction")

    def decorate(method: F) -> F:
        _require_name(method, "on_" + event.TYPE.replace(".", "_"))
        if batch:
            return _registered(method, BatchHandler(event), "envelopes", "uow")
        return _registered(method, EventHandler(event, scope, steps=steps), "event", "begin" if steps else "uow")

    return decorate


def every(seconds: float, *, steps: bool = False) -> Callable[[F], F]:
    """A tick now and then, on one replica at a time: `(self, uow)` in `SYSTEM` scope; with `steps`, `(self, begin)`."""

    def decorate(method: F) -> F:
        return _registered(method, Timer(seconds, steps=steps), "begin" if steps else "uow")

    return decorate


def _registered(method: F, entrypoint: KitEntrypoint, *wanted: str) -> F:
    given = tuple(name.lstrip("_") for name in inspect.signature(method).parameters)
    if given[1:] != wanted:
        raise TypeError(f"{method.__qualname__} must take (self, {', '.join(wanted)})")
    register_entrypoint(method, entrypoint)
    return method


def _require_name(method: Callable[..., Any], name: str) -> None:
    """The method's name is on the wire: in the routing key of a request, in the name of an event's queue."""
    if method.__name__ != name:
        raise TypeError(f"{method.__qualname__} must be called {name}")


def _require_subclass(given: Any, wanted: type) -> None:
    if not (isinstance(given, type) and issubclass(given, wanted)):
        raise TypeError(f"{given!r} is no {wanted.__name__} of the contracts")
