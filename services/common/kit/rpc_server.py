"""The answering side of RPC: Nameko's protocol, one reply channel per process.

Replies are not confirmed: the caller's deadline covers a lost one, and a broker that is away while a handler finishes
is no reason for the process to die, as it is for the stock responder.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import amqp
import orjson
from amqp import spec
from nameko.extensions import ProviderCollector, SharedExtension

from services.common.contracts.base import Message
from services.common.contracts.errors import Invalid, NotFound, ServiceError
from services.common.kit.bus import Bus, MessageEntrypoint
from services.common.kit.consumers.intake import Delivery
from services.common.kit.container import RPC, KitEntrypoint, QuietlyBound
from services.common.kit.link import Link, LinkDownError
from services.common.kit.logging import get_logger
from services.common.kit.rpc import EXCHANGE
from services.common.kit.runs import Internal

log = get_logger(__name__)

_TRANSIENT = 1
_PATIENCE = 2.0


class MethodNotFound(NotFound):
    """The service has no such method."""

    code = "rpc.method_not_found"


class MalformedRequest(Invalid):
    """The request is not one of the RPC protocol."""

    code = "rpc.malformed"


class RpcServer(QuietlyBound, ProviderCollector, SharedExtension):
    """Consumes the service's one request queue and sends all its replies."""

    bus = Bus()

    @cached_property
    def replies(self) -> Link:
        """A connection apart: the broker stops reading from those that publish when it is short of memory."""
        return Link(self.container.config["AMQP_URI"], "replies", on_up=_nothing, on_down=_nothing)

    @cached_property
    def _by_method(self) -> dict[str, RpcMethod]:
        return {provider.method_name: provider for provider in self._providers}

    def setup(self) -> None:
        """Consume the request queue, whatever the number of methods."""
        intake = self.bus.intake
        intake.declare_also(self._declare)
        self.bus.deliver(self._queue, self._entrypoint_of)

    def start(self) -> None:
        """Connect early, so that the first reply need not wait for it."""
        self.replies.open()

    def stop(self) -> None:
        """All workers have answered."""
        self.replies.close()

    def kill(self) -> None:
        """Disconnect at once."""
        self.replies.close()

    def reply(self, delivery: Delivery, body: bytes) -> None:
        """Send the answer, to whoever still waits, and acknowledge the request."""
        reply_to = delivery.properties.get("reply_to")
        if reply_to:
            self._send(reply_to, delivery.properties.get("correlation_id"), body)
        else:
            log.warning("rpc_request_without_reply_to", routing_key=delivery.routing_key)
        delivery.ack()

    @property
    def _queue(self) -> str:
        return f"rpc-{self.container.service_name}"

    def _declare(self, channel: Any) -> None:
        channel.exchange_declare(EXCHANGE, "topic", durable=True, auto_delete=False)
        channel.queue_declare(self._queue, durable=True, exclusive=False, auto_delete=False)
        channel.queue_bind(self._queue, EXCHANGE, f"{self.container.service_name}.*")

    def _entrypoint_of(self, delivery: Delivery) -> KitEntrypoint | None:
        method = delivery.routing_key.rpartition(".")[2]
        entrypoint = self._by_method.get(method)
        if entrypoint is None:
            self.reply(delivery, encode_error(MethodNotFound(f"There is no {delivery.routing_key}.")))
        return entrypoint

    def _send(self, reply_to: str, correlation_id: str | None, body: bytes) -> None:
        message = amqp.Message(
            body,
            content_type="application/json",
            content_encoding="utf-8",
            delivery_mode=_TRANSIENT,
            correlation_id=correlation_id or "",
        )
        arguments = (0, EXCHANGE, reply_to, False, False)
        try:
            self.replies.send(
                lambda channel: channel.send_method(spec.Basic.Publish, "Bssbb", arguments, message), _PATIENCE
            )
        except LinkDownError as error:
            log.warning("rpc_reply_lost", error=str(error))


class RpcMethod(MessageEntrypoint):
    """One remote procedure. A subclass says in `answer` what it does."""

    ROLE = RPC
    server = RpcServer()

    def setup(self) -> None:
        """Be known to the server under the method's name."""
        self.server.register_provider(self)

    def handle(self, service: Any, delivery: Delivery) -> None:
        """Answer, unless nobody waits any longer."""
        body = self.answer(service, delivery)
        if body is None:
            delivery.ack()
        else:
            self.server.reply(delivery, body)

    def crashed(self, error: BaseException, delivery: Delivery) -> None:  # noqa: ARG002  it is in the log already
        """The caller learns that it went wrong, not why."""
        self.server.reply(delivery, encode_error(Internal()))

    def answer(self, service: Any, delivery: Delivery) -> bytes | None:
        """The body of the reply; None when the caller has given up."""
        raise NotImplementedError


def request_of(body: bytes) -> dict[str, Any]:
    """The request's wire form out of `{"args": [], "kwargs": {"request": …}}`."""
    try:
        request = orjson.loads(body)["kwargs"]["request"]
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedRequest from error
    if not isinstance(request, dict):
        raise MalformedRequest
    return request


def wire_of(answer: Any) -> Any:
    """A method's return value in its wire form: a view, a list of views, or plain JSON values."""
    if isinstance(answer, Message):
        return answer.to_wire()
    if isinstance(answer, list | tuple):
        return [wire_of(part) for part in answer]
    return answer


def encode_result(wire: Any) -> bytes:
    """A reply with an answer."""
    return orjson.dumps({"result": wire, "error": None})


def encode_error(error: ServiceError) -> bytes:
    """A reply with an error, such that a stock Nameko caller can read it too."""
    kind = type(error)
    described = {
        "exc_type": kind.__name__,
        "exc_path": f"{kind.__module__}.{kind.__qualname__}",
        "exc_args": [error.message, error.details],
        "value": error.message,
        "code": error.code,
        "kind": error.kind,
    }
    return orjson.dumps({"result": None, "error": described})


def _nothing(_: Any) -> None:
    """A channel for unconfirmed replies needs no preparation, and nobody waits on it."""
