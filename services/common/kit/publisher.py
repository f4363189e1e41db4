"""Publishing with confirms, pipelined: many threads share one channel, each waits for its own messages alone.

A message counts as published when the broker has confirmed it, and as unroutable when the broker gave it back first.
Everything else is "not known to be published": the caller keeps the message and tries again, so a copy may appear twice
and none is lost.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import amqp
from amqp import spec

from services.common.contracts.errors import Unavailable
from services.common.kit import ids
from services.common.kit.amqp_connection import in_one_write
from services.common.kit.link import Link, LinkDownError

_PERSISTENT = 2
_MOST_UNCONFIRMED = 10_000


class Unroutable(Exception):
    """No queue takes a message with this exchange and routing key."""


class BusUnavailable(Unavailable):
    """The message bus is away for the moment."""

    code = "bus.unavailable"


class Outcome(Enum):
    """What became of one message."""

    CONFIRMED = "confirmed"
    UNROUTABLE = "unroutable"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message on its way out. Headers are strings; the body is JSON already encoded."""

    exchange: str
    routing_key: str
    body: bytes
    headers: dict[str, Any] = field(default_factory=dict)
    message_id: str = field(default_factory=ids.new_id)
    mandatory: bool = True

    @property
    def route(self) -> tuple[str, str, str]:
        """What the broker names when it gives a message back."""
        return (self.message_id, self.exchange, self.routing_key)


class _Batch:
    """The messages of one call and the lock on which it waits; only the reading thread settles them."""

    __slots__ = ("items", "outcomes", "settled", "unsettled")

    def __init__(self, items: Sequence[Outgoing]) -> None:
        self.items = items
        self.outcomes = [Outcome.UNAVAILABLE] * len(items)
        self.unsettled = len(items)
        self.settled = threading.Lock()
        self.settled.acquire()

    def settle(self, index: int, outcome: Outcome) -> None:
        self.outcomes[index] = outcome
        self.unsettled -= 1
        if self.unsettled == 0:
            self.settled.release()


class ConfirmedPublisher:
    """Share one per process. `exchanges` are declared (durable, topic) whenever it connects."""

    def __init__(self, amqp_url: str, exchanges: Iterable[str] = ()) -> None:
        self._exchanges = tuple(exchanges)
        self._link = Link(amqp_url, "publisher", self._prepare, self._fail_all)
        self._tag = 0
        self._oldest = 1
        self._unconfirmed: dict[int, tuple[_Batch, int]] = {}
        self._returned: Counter[tuple[str, str, str]] = Counter()

    @property
    def up(self) -> bool:
        """Whether the broker is connected and takes messages."""
        return self._link.up

    def publish(self, message: Outgoing, timeout: float = 2.0) -> None:
        """Return once the broker has the message; raise `Unroutable` or `BusUnavailable`."""
        outcome = self.publish_many([message], timeout)[0]
        if outcome is Outcome.UNROUTABLE:
            raise Unroutable(f"{message.exchange} {message.routing_key}")
        if outcome is Outcome.UNAVAILABLE:
            raise BusUnavailable

    def publish_many(self, messages: Sequence[Outgoing], timeout: float = 5.0) -> list[Outcome]:
        """Send all, then wait for all confirms together: one outcome for each message, in order."""
        if not messages:
            return []
        batch = _Batch(messages)
        give_up_at = time.monotonic() + timeout
        heard_before = self._link.frames_heard
        try:
            self._link.send(lambda channel: self._write(channel, batch), timeout)
        except LinkDownError:
            return list(batch.outcomes)
        if not batch.settled.acquire(timeout=max(give_up_at - time.monotonic(), 0.001)):
            self._give_up_on_silence(heard_before)
        return list(batch.outcomes)

    def close(self) -> None:
        """Disconnect; whoever still waits is told that its message is not known to be published."""
        self._link.close()

    def _write(self, channel: Any, batch: _Batch) -> None:
        if len(self._unconfirmed) > _MOST_UNCONFIRMED:
            msg = "too many messages wait for their confirm"
            raise LinkDownError(msg)
        with in_one_write(channel):
            for index, message in enumerate(batch.items):
                self._tag += 1
                self._unconfirmed[self._tag] = (batch, index)
                # Not channel.basic_publish: that reads the socket before each message, and only the reading thread may.
                channel.send_method(
                    spec.Basic.Publish,
                    "Bssbb",
                    (0, message.exchange, message.routing_key, message.mandatory, False),
                    _to_amqp(message),
                )

    def _give_up_on_silence(self, heard_before: int) -> None:
        """A slow broker keeps its connection, and one that has said that it takes nothing; a silent one is gone."""
        if self._link.up and self._link.frames_heard == heard_before:
            self._link.drop()

    def _prepare(self, channel: Any) -> None:
        self._tag, self._oldest = 0, 1
        self._unconfirmed.clear()
        self._returned.clear()
        channel.confirm_select()
        channel.events["basic_ack"].add(lambda tag, multiple: self._settle(tag, multiple, Outcome.CONFIRMED))
        channel.events["basic_nack"].add(lambda tag, multiple: self._settle(tag, multiple, Outcome.UNAVAILABLE))
        channel.events["basic_return"].add(self._note_return)
        for exchange in self._exchanges:
            channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)

    def _note_return(self, _error: Exception, exchange: str, routing_key: str, message: Any) -> None:
        # The confirm of a returned message follows the return: it must then not count as delivered.
        self._returned[(message.properties.get("message_id", ""), exchange, routing_key)] += 1

    def _settle(self, tag: int, multiple: bool, outcome: Outcome) -> None:
        for settled in range(self._oldest, tag + 1) if multiple else (tag,):
            entry = self._unconfirmed.pop(settled, None)
            if entry is not None:
                batch, index = entry
                batch.settle(index, self._unless_returned(batch.items[index], outcome))
        if multiple or tag == self._oldest:
            self._oldest = tag + 1

    def _unless_returned(self, message: Outgoing, outcome: Outcome) -> Outcome:
        if not self._returned or not self._returned[message.route]:
            return outcome
        self._returned[message.route] -= 1
        if not self._returned[message.route]:
            del self._returned[message.route]
        return Outcome.UNROUTABLE

    def _fail_all(self, error: Exception) -> None:
        waiting, self._unconfirmed = list(self._unconfirmed.values()), {}
        for batch, index in waiting:
            missing = isinstance(error, amqp.NotFound) and f"'{batch.items[index].exchange}'" in str(error)
            batch.settle(index, Outcome.UNROUTABLE if missing else Outcome.UNAVAILABLE)


def _to_amqp(message: Outgoing) -> Any:
    return amqp.Message(
        message.body,
        content_type="application/json",
        content_encoding="utf-8",
        delivery_mode=_PERSISTENT,
        message_id=message.message_id,
        application_headers=message.headers,
    )
