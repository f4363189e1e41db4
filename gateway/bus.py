"""The two ways out of the gateway, as far as it uses them. `kit.rpc` and `kit.publisher` implement them."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from services.common.contracts.base import Request
from services.common.kit.context import Context
from services.common.kit.publisher import Outgoing

R = TypeVar("R")


class Rpc(Protocol):
    """Asks a service."""

    @property
    def up(self) -> bool:
        """Whether the broker is connected."""

    def call(self, request: Request[R], context: Context, timeout: float = 5.0) -> R:
        """The answer, or a `ServiceError`."""

    def call_wire(self, request: Request[Any], context: Context, timeout: float = 5.0) -> Any:
        """The answer in its wire form."""


class Publisher(Protocol):
    """Publishes with a confirm."""

    def publish(self, message: Outgoing, timeout: float = 2.0) -> None:
        """Return once the broker has the message; raise `Unroutable` or `Unavailable`."""
