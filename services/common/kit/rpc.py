"""The RPC client: one connection, one reply queue and one reading thread for all callers of a process.

Nameko's protocol on the wire, own machinery underneath: the stock proxy serves one caller at a time, has no time-out of
its own between services and never recovers from a broker restart. Here every way of not getting an answer is
`Unavailable`, and known trouble is told at once instead of after a wait.
"""

from __future__ import annotations

import itertools
import threading
import time
from typing import Any, TypeVar

import amqp
import orjson
from amqp import spec

from services.common.contracts.base import Request
from services.common.contracts.errors import ServiceError, Unavailable
from services.common.kit import clock, ids, metrics, open_transaction
from services.common.kit.context import Context
from services.common.kit.link import Link, LinkDownError
from services.common.kit.rpc_watch import ServiceWatch

R = TypeVar("R")

EXCHANGE = "nameko-rpc"
_TRANSIENT = 1


class RpcUnavailable(Unavailable):
    """The service that would answer is away for the moment; try again shortly."""

    code = "rpc.unavailable"


class RpcTimeout(Unavailable):
    """The answer did not come in time."""

    code = "rpc.timeout"


class Call:
    """A caller that waits: on a lock of its own, released by whoever settles the call first."""

    __slots__ = ("_answered", "_once", "error", "reply", "service", "since")

    def __init__(self, service: str) -> None:
        self.service = service
        self.since = time.monotonic()
        self.reply: bytes | None = None
        self.error: ServiceError | None = None
        self._once = threading.Lock()
        self._answered = threading.Lock()
        self._answered.acquire()

    def answer(self, reply: bytes) -> None:
        """Hand over the body of the reply."""
        if self._once.acquire(blocking=False):
            self.reply = reply
            self._answered.release()

    def fail(self, error: ServiceError) -> None:
        """Let the caller go with an error."""
        if self._once.acquire(blocking=False):
            self.error = error
            self._answered.release()

    def wait(self, limit: float) -> bytes:
        """The reply's body, or the error, or `RpcTimeout`."""
        if not self._answered.acquire(timeout=max(limit, 0.001)):
            raise RpcTimeout
        if self.error is not None:
            raise self.error
        return self.reply or b""


class RpcClient:
    """Thread-safe; share one per process. It connects on the first call and survives broker restarts."""

    def __init__(self, amqp_url: str, name: str = "client", most_in_flight: int = 1000) -> None:
        self._name = name
        self._link = Link(amqp_url, "rpc", self._prepare, self._lose, self._watch_services)
        self._free = threading.BoundedSemaphore(most_in_flight)
        self._numbers = itertools.count(1)
        self._calls: dict[str, Call] = {}
        self._reply_key = ""
        self._watch: ServiceWatch | None = None

    @property
    def up(self) -> bool:
        """Whether the broker is connected."""
        return self._link.up

    def call(self, request: Request[R], context: Context, timeout: float = 5.0) -> R:
        """The answer; the service's own error; `Unavailable` when there is none."""
        return request.answer_from_wire(self.call_wire(request, context, timeout))

    def call_wire(self, request: Request[Any], context: Context, timeout: float = 5.0) -> Any:
        """Like `call`, with the answer in its wire form, for those who only pass it on."""
        open_transaction.refuse(f"RPC {request.SERVICE}.{request.METHOD}")
        remaining = context.remaining()
        limit = timeout if remaining is None else min(timeout, remaining)
        started = time.monotonic()
        outcome = "ok"
        try:
            return _result(self._exchange_messages(request, context, limit))
        except ServiceError as error:
            outcome = error.code
            raise
        finally:
            metrics.rpc_calls(request.SERVICE, request.METHOD, outcome, time.monotonic() - started)

    def close(self) -> None:
        """Disconnect; whoever still waits gets `Unavailable`."""
        self._link.close()

    def _exchange_messages(self, request: Request[Any], context: Context, limit: float) -> bytes:
        if limit <= 0:
            raise RpcTimeout
        watch = self._watch
        if watch is not None and watch.is_away(request.SERVICE):
            raise RpcUnavailable
        if not self._free.acquire(blocking=False):
            raise RpcUnavailable
        number = format(next(self._numbers), "x")
        call = Call(request.SERVICE)
        try:
            self._send(number, call, request, context, limit)
            return call.wait(limit - (time.monotonic() - call.since))
        finally:
            self._calls.pop(number, None)
            self._free.release()

    def _send(self, number: str, call: Call, request: Request[Any], context: Context, limit: float) -> None:
        headers = context.child(deadline=clock.epoch() + limit).to_headers()
        body = orjson.dumps({"args": (), "kwargs": {"request": request.to_wire()}})

        def write(channel: Any) -> None:
            self._calls[number] = call  # before it leaves, since the reply may be faster than this thread
            channel.send_method(
                spec.Basic.Publish,
                "Bssbb",
                (0, EXCHANGE, f"{request.SERVICE}.{request.METHOD}", True, False),
                _to_amqp(body, headers, number, self._reply_key, limit),
            )

        try:
            self._link.send(write, limit)
        except LinkDownError as error:
            raise RpcUnavailable from error

    def _prepare(self, channel: Any) -> None:
        """A reply queue that dies with the connection: nobody else could ever want those replies."""
        self._reply_key = ids.new_id()
        queue = f"rpc.reply-{self._name}-{self._reply_key}"
        channel.auto_decode = False
        channel.exchange_declare(EXCHANGE, "topic", durable=True, auto_delete=False)
        channel.queue_declare(queue, exclusive=True, auto_delete=True, durable=False)
        channel.queue_bind(queue, EXCHANGE, self._reply_key)
        channel.events["basic_return"].add(self._note_return)
        channel.basic_consume(queue, no_ack=True, callback=self._note_reply)
        self._watch = ServiceWatch(channel.connection)

    def _note_reply(self, message: Any) -> None:
        call = self._calls.get(message.properties.get("correlation_id", ""))
        if call is not None:
            call.answer(message.body)

    def _note_return(self, _error: Exception, _exchange: str, _routing_key: str, message: Any) -> None:
        """No queue has this service's name: it has never run against this broker."""
        call = self._calls.get(message.properties.get("correlation_id", ""))
        if call is not None:
            call.fail(RpcUnavailable())

    def _lose(self, _error: Exception) -> None:
        self._watch = None
        for call in list(self._calls.values()):
            call.fail(RpcUnavailable())

    def _watch_services(self) -> None:
        """A queue without a consumer answers nobody: let those go who wait for it."""
        if self._watch is None:
            return
        now = time.monotonic()
        calls = [call for call in list(self._calls.values()) if now - call.since > ServiceWatch.PATIENCE]
        untaken = self._watch.look({call.service for call in calls})
        for call in calls:
            if call.service in untaken:
                call.fail(RpcUnavailable())


def _result(body: bytes) -> Any:
    try:
        reply = orjson.loads(body)
        error = reply.get("error")
        result = reply.get("result")
    except (ValueError, AttributeError) as unreadable:
        raise RpcUnavailable from unreadable
    if error is not None:
        raise _rebuilt(error)
    return result


def _rebuilt(error: dict[str, Any]) -> ServiceError:
    """`exc_args` are the constructor's arguments, as Nameko sends them: message, details."""
    arguments = error.get("exc_args") or []
    message = arguments[0] if arguments else error.get("value", "")
    details = arguments[1] if len(arguments) > 1 and isinstance(arguments[1], dict) else {}
    return ServiceError.from_wire(
        {"code": error.get("code"), "kind": error.get("kind"), "message": message, "details": details}
    )


def _to_amqp(body: bytes, headers: dict[str, str], number: str, reply_to: str, limit: float) -> Any:
    return amqp.Message(
        body,
        content_type="application/json",
        content_encoding="utf-8",
        delivery_mode=_TRANSIENT,
        correlation_id=number,
        reply_to=reply_to,
        expiration=str(max(1, int(limit * 1000))),  # the broker drops what nobody waits for any longer
        application_headers=headers,
    )
