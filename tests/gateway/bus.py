"""Stand-ins for the bus: services that answer by golden samples, a broker that keeps what is published."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from gateway.revocations import Revocations
from services.common.contracts.auth import FindApiKey, GetJwks
from services.common.contracts.base import Message, Request
from services.common.contracts.health import HealthRequest
from services.common.contracts.tenants import CheckVerifyToken
from services.common.kit.context import Context
from services.common.kit.publisher import Outgoing

R = TypeVar("R")

GOLDEN = Path(__file__).parents[1] / "contracts" / "golden"


@dataclass(frozen=True)
class Asked:
    """One call that reached a service."""

    request: Request[Any]
    context: Context
    timeout: float = 5.0

    @property
    def name(self) -> str:
        return f"{self.request.SERVICE}.{self.request.METHOD}"


@dataclass
class FakeRpc:
    """Every service is up and answers with the golden sample of what it returns, unless told otherwise."""

    jwks: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Callable[[Request[Any]], Any]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    up: bool = True

    def call(self, request: Request[R], context: Context, timeout: float = 5.0) -> R:
        return request.answer_from_wire(self.call_wire(request, context, timeout))

    def call_wire(self, request: Request[Any], context: Context, timeout: float = 5.0) -> Any:
        asked = Asked(request, context, timeout)
        self.asked.append(asked)
        own = self.answers.get(asked.name)
        if own is not None:
            return own(request)
        if isinstance(request, GetJwks):
            return {"keys": self.jwks}
        if isinstance(request, HealthRequest):
            return {"database": "up"}
        if isinstance(request, CheckVerifyToken):
            return {"accepted": False}
        return golden(request)

    def refuse(self, name: str, error: Exception) -> None:
        def answer(_request: Request[Any]) -> Any:
            raise error

        self.answers[name] = answer

    @property
    def commands(self) -> list[Asked]:
        """What was asked, without the gateway's own questions."""
        return [asked for asked in self.asked if not isinstance(asked.request, GetJwks | FindApiKey | CheckVerifyToken)]

    def how_often(self, request: type[Request[Any]]) -> int:
        return sum(isinstance(asked.request, request) for asked in self.asked)


def nobody_refused() -> Revocations:
    """Loaded, and empty."""
    revocations = Revocations()
    revocations.load([])
    return revocations


def golden(request: Request[Any]) -> Any:
    returns = request.RETURNS
    if not (isinstance(returns, type) and issubclass(returns, Message)):
        return None
    module = returns.__module__.rsplit(".", 1)[-1]
    return json.loads((GOLDEN / f"{module}.{returns.__name__}.json").read_text())


@dataclass
class FakePublisher:
    """Confirms everything, or fails as told."""

    published: list[Outgoing] = field(default_factory=list)
    error: Exception | None = None

    def publish(self, message: Outgoing, timeout: float = 2.0) -> None:  # noqa: ARG002  the interface has it
        if self.error is not None:
            raise self.error
        self.published.append(message)
