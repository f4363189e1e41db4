"""What is declared is there: a method for each request, a handler for each consumer, a publisher for each event."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from gateway.revocations import HEARD
from services.common.contracts.base import Event, Request
from services.common.contracts.gateway import SERVICE as GATEWAY
from services.common.contracts.health import HealthRequest, health_request
from services.common.kit.service import Service
from services.common.kit.subscriptions import topology_of
from tests.contracts.catalogue import events, label, requests

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("auth", "tenants", "bookings", "messaging", "analytics")
GOLDEN_QUEUES = Path(__file__).with_name("queues.txt")
ANNOUNCED = frozenset(Path(__file__).with_name("announced.txt").read_text(encoding="utf-8").split())
"""Messages that are agreed on between services before the code behind them is there. The list only shrinks by itself:
one that is implemented must not stand on it."""


@cache
def service_class(name: str) -> type[Service]:
    module = importlib.import_module(f"services.{name}.service")
    (found,) = [
        cls
        for _, cls in inspect.getmembers(module, inspect.isclass)
        if issubclass(cls, Service) and cls.__module__ == module.__name__
    ]
    return found


def entrypoints_of(service: str) -> Iterator[tuple[str, Any]]:
    for method, function in inspect.getmembers(service_class(service), inspect.isfunction):
        for entrypoint in getattr(function, ENTRYPOINT_EXTENSIONS_ATTR, ()):
            yield method, entrypoint


def implemented_requests() -> list[tuple[str, str, type[Request[Any]]]]:
    """`(service, method, request)` of every `@command` and `@query`."""
    return [
        (service, method, entrypoint.request_class)
        for service in SERVICES
        for method, entrypoint in entrypoints_of(service)
        if hasattr(entrypoint, "request_class")
    ]


def subscribers_of(event: type[Event]) -> set[str]:
    """The services that have an `@on` for the event."""
    return {
        service
        for service in SERVICES
        for _, entrypoint in entrypoints_of(service)
        if getattr(entrypoint, "event_class", None) is event
    }


@cache
def calls_in(source: str) -> frozenset[str]:
    """The names that a service's code calls: functions, methods, classes."""
    folder = ROOT / "gateway" if source == GATEWAY else ROOT / "services" / source
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob("*.py")]
    calls = [node.func for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return frozenset(name for call in calls for name in _names_of(call))


def _names_of(function: ast.expr) -> Iterator[str]:
    """`Event(…)`, `contract.Event(…)`, `Event.of(…)` and `uow.publish(…)`."""
    while isinstance(function, ast.Attribute):
        yield function.attr
        function = function.value
    if isinstance(function, ast.Name):
        yield function.id


@pytest.mark.parametrize("request_class", requests(), ids=label)
def test_every_request_has_exactly_one_method_in_its_service(request_class: type[Request[Any]]) -> None:
    answering = [(service, method) for service, method, cls in implemented_requests() if cls is request_class]
    wanted = [] if label(request_class) in ANNOUNCED else [(request_class.SERVICE, request_class.METHOD)]
    assert answering == wanted


def test_every_method_that_can_be_called_answers_a_request_of_the_contracts() -> None:
    declared = set(requests())
    assert [method for _, method, cls in implemented_requests() if cls not in declared] == []


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_tells_how_it_is(service: str) -> None:
    question = health_request(service)
    assert isinstance(question, HealthRequest)
    assert hasattr(getattr(service_class(service), question.METHOD), ENTRYPOINT_EXTENSIONS_ATTR)


@pytest.mark.parametrize("event", events(), ids=label)
def test_an_event_names_exactly_those_who_handle_it(event: type[Event]) -> None:
    if label(event) not in ANNOUNCED:
        assert sorted(event.CONSUMED_BY) == sorted(subscribers_of(event))


def test_no_service_handles_an_event_that_the_contracts_do_not_know() -> None:
    declared = set(events())
    handled = {
        entrypoint.event_class
        for service in SERVICES
        for _, entrypoint in entrypoints_of(service)
        if hasattr(entrypoint, "event_class")
    }
    assert handled - declared == set()


@pytest.mark.parametrize("event", events(), ids=label)
def test_an_event_names_exactly_those_who_listen_to_it(event: type[Event]) -> None:
    assert ((GATEWAY,) if event in HEARD else ()) == event.HEARD_BY


@pytest.mark.parametrize("event", [cls for cls in events() if cls.CONSUMED_BY or cls.HEARD_BY], ids=label)
def test_an_event_that_somebody_waits_for_is_made_and_published_by_its_source(event: type[Event]) -> None:
    assert ({event.__name__, "publish"} <= calls_in(event.SOURCE)) is (label(event) not in ANNOUNCED)


def test_what_is_announced_is_declared() -> None:
    assert {label(cls) for cls in [*requests(), *events()]} >= ANNOUNCED


def test_queues_keep_their_names() -> None:
    """A renamed handler leaves its old queue behind, which fills up: such a change needs a migration of queues."""
    queues = [part.queue for service in SERVICES for part in topology_of(service_class(service)).subscriptions]
    assert sorted(queues) == GOLDEN_QUEUES.read_text(encoding="utf-8").split()
