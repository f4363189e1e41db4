"""A slip in a service class is found when the class is made, not when a message comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.common.contracts.base import Event, Request, View
from services.common.kit.entrypoints import command, every, on, query


class Seen(View):
    name: str


class Look(Request[Seen], service="eye", method="look"):
    name: str


class BlinkedV1(Event, source="eye", type="eye.blinked.v1", consumed_by=("eye",)):
    name: str


def _refused(decorator: Callable[[Any], Any], method: Callable[..., Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        decorator(method)


def test_a_method_is_called_as_its_contract_says() -> None:
    def glance(self: Any, request: Any, uow: Any) -> None:
        """The wrong name."""

    _refused(command(Look), glance, "must be called look")
    _refused(query(Look), glance, "must be called look")
    _refused(on(BlinkedV1), glance, "must be called on_eye_blinked_v1")


def test_a_method_takes_what_it_will_get() -> None:
    def look(self: Any, request: Any) -> None:
        """One argument too few."""

    def on_eye_blinked_v1(self: Any, event: Any, uow: Any) -> None:
        """Not for batches, nor for steps."""

    def tick(self: Any, begin: Any) -> None:
        """Only for steps."""

    _refused(command(Look), look, r"must take \(self, request, uow\)")
    _refused(command(Look, steps=True), look, r"must take \(self, request, begin\)")
    _refused(on(BlinkedV1, batch=True), on_eye_blinked_v1, "envelopes")
    _refused(on(BlinkedV1, steps=True), on_eye_blinked_v1, "begin")
    _refused(every(5), tick, r"must take \(self, uow\)")
    assert every(5, steps=True)(tick) is tick


def test_only_contracts_are_taken() -> None:
    with pytest.raises(TypeError):
        command(BlinkedV1)  # type: ignore[arg-type]  # that is the point
    with pytest.raises(TypeError):
        on(Look)  # type: ignore[arg-type]  # likewise
    with pytest.raises(TypeError):
        on(BlinkedV1, steps=True, batch=True)


def test_a_decorated_method_stays_callable() -> None:
    class Service:
        @query(Look)
        def look(self, request: Look, uow: Any) -> Seen:  # noqa: ARG002
            return Seen(name=request.name)

    assert Service().look(Look(name="x"), None) == Seen(name="x")
