"""The base of every service class: what all of them answer."""

from __future__ import annotations

from typing import Any

import eventlet
from nameko.extensions import register_entrypoint

from services.common.contracts.health import ServiceHealth
from services.common.kit.consumers.intake import Delivery
from services.common.kit.logging import get_logger
from services.common.kit.rpc_server import RpcMethod, encode_result, wire_of
from services.common.kit.runtime import runtime_of

log = get_logger(__name__)

_PING_LIMIT = 1.5


class _Health(RpcMethod):
    """Answers also when the database does not: that is the answer."""

    def answer(self, service: Any, delivery: Delivery) -> bytes:  # noqa: ARG002  the question has no parameters
        try:
            with eventlet.Timeout(_PING_LIMIT):
                runtime_of(self.container).resources.database.ping()
        except (Exception, eventlet.Timeout) as error:  # noqa: BLE001  whatever it is, the database is away
            log.warning("health_check_failed", check="database", error=type(error).__name__)
            return encode_result(wire_of(ServiceHealth(database="down")))
        return encode_result(wire_of(ServiceHealth(database="up")))


class Service:
    """A service class inherits from this; the rest of it is its own table of contents."""

    workers = 10
    """Requests or events handled at once by one process, unless `MAX_WORKERS` says otherwise."""

    def health(self) -> None:
        """Answered by the entrypoint itself, so that it works whatever the service's providers do."""


register_entrypoint(Service.health, _Health())
