"""One consuming connection: messages come in here, and are acknowledged or given back here.

Instead of Nameko's QueueConsumer, which closes its connection while workers still run (what they finish then runs again
elsewhere), waits up to 30 s before it reconnects and dies of a socket that breaks during an acknowledgement.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import eventlet

from services.common.kit.link import Link, LinkDownError
from services.common.kit.logging import get_logger

log = get_logger(__name__)

_PATIENCE = 5.0
_POLL = 0.02


class Delivery:
    """One message in hand. It is settled once: acknowledged, or given back to the queue."""

    __slots__ = ("_intake", "_message", "queue")

    def __init__(self, message: Any, queue: str, intake: Intake) -> None:
        self._message = message
        self._intake = intake
        self.queue = queue

    @property
    def body(self) -> bytes:
        """The raw body."""
        body = self._message.body
        return body.encode() if isinstance(body, str) else body

    @property
    def headers(self) -> dict[str, Any]:
        """The application's headers."""
        return self._message.properties.get("application_headers") or {}

    @property
    def properties(self) -> dict[str, Any]:
        """AMQP properties: message_id, reply_to, correlation_id."""
        return self._message.properties  # type: ignore[no-any-return]

    @property
    def routing_key(self) -> str:
        """As it was published; a retried message comes with its queue's name."""
        return str(self._message.delivery_info["routing_key"])

    @property
    def tag(self) -> int:
        """The delivery tag: counts up on one channel."""
        return int(self._message.delivery_info["delivery_tag"])

    @property
    def channel(self) -> Any:
        """The channel it came on: its tag means nothing on another."""
        return self._message.channel

    def ack(self) -> None:
        """Done with it: the broker forgets it."""
        self._intake.settle(self, lambda channel: channel.basic_ack(self.tag))

    @property
    def is_ours(self) -> bool:
        """Whether the connection it came over still stands; otherwise the broker hands it out again."""
        return self._intake.is_current(self)

    def give_back(self) -> None:
        """The broker hands it to somebody else, or to us again."""
        self._intake.settle(self, lambda channel: channel.basic_reject(self.tag, requeue=True))


class Intake:
    """Consumes a set of queues over one connection of its own; redeclares and resumes whenever it reconnects.

    `prefetch` bounds what is in hand of each queue.
    """

    def __init__(self, amqp_url: str, name: str, prefetch: int, declare: Callable[[Any], None]) -> None:
        self._link = Link(amqp_url, name, self._subscribe, self._forget, self._look_around)
        self._prefetch = prefetch
        self._declarations = [declare]
        self._lookouts: list[Callable[[Any], None]] = []
        self._queues: dict[str, Callable[[Delivery], None]] = {}
        self._in_hand: set[Delivery] = set()
        self._draining = False
        self._consuming = False

    @property
    def ready(self) -> bool:
        """Whether it consumes at present."""
        return self._consuming and self._link.up

    @property
    def draining(self) -> bool:
        """Whether it takes nothing new any more."""
        return self._draining

    @property
    def alive(self) -> bool:
        """Whether the reading greenthread still makes its rounds."""
        return self._link.alive

    @property
    def in_hand(self) -> int:
        """How many messages are neither acknowledged nor given back."""
        return len(self._in_hand)

    def declare_also(self, declare: Callable[[Any], None]) -> None:
        """Before the start: something more to declare on each new channel."""
        self._declarations.append(declare)

    def holds(self, delivery: Delivery) -> bool:
        """Whether it is neither acknowledged nor given back."""
        return delivery in self._in_hand

    def is_current(self, delivery: Delivery) -> bool:
        """Whether the connection it came over still stands."""
        return self._link.carries(delivery.channel)

    def look_also(self, look: Callable[[Any], None]) -> None:
        """Before the start: something to ask the broker about twice a second, on the reading greenthread."""
        self._lookouts.append(look)

    def take_from(self, queue: str, handle: Callable[[Delivery], None]) -> None:
        """Before the start: call `handle(delivery)` on the reading greenthread for each message; it must not block."""
        self._queues[queue] = handle

    def start(self) -> None:
        """Connect, and keep trying; does not wait for the broker."""
        self._link.open()

    def stop_taking(self) -> None:
        """Ask the broker for no more. What arrives all the same is given back."""
        if self._draining:
            return
        self._draining = True
        try:
            self._link.send(self._cancel_all, _PATIENCE)
        except LinkDownError:
            log.info("stopped_while_broker_away")

    def wait_until_settled(self, limit: float) -> bool:
        """Whether everything in hand was settled within the limit."""
        with eventlet.Timeout(limit, exception=False):
            while self._in_hand:
                eventlet.sleep(_POLL)
        return not self._in_hand

    def stop(self) -> None:
        """Disconnect. The broker takes back whatever is still in hand."""
        self._link.close()

    def settle(self, delivery: Delivery, write: Callable[[Any], Any]) -> None:
        """Send the fate of a message. If its channel is gone, the broker has taken it back already."""
        self.settle_all([delivery], delivery.channel, write)

    def settle_all(self, deliveries: list[Delivery], channel: Any, write: Callable[[Any], Any]) -> None:
        """The fate of several messages of one channel, in one frame."""
        self._in_hand.difference_update(deliveries)
        try:
            self._link.send(partial(_write_if_same, channel, write), _PATIENCE)
        except LinkDownError:
            self._link.drop(channel)  # a message that can't be settled must not stay ours: its slot would be lost

    def _subscribe(self, channel: Any) -> None:
        channel.auto_decode = False
        for declare in self._declarations:
            declare(channel)
        if self._draining:
            return
        channel.basic_qos(0, self._prefetch, a_global=False)
        for queue, handle in self._queues.items():
            # Without waiting for each answer: that would let messages in before the channel is ours to write on.
            callback = partial(self._arrived, queue, handle)
            channel.basic_consume(queue, consumer_tag=queue, callback=callback, nowait=True)
        self._consuming = True

    def _look_around(self) -> None:
        for look in self._lookouts:
            look(self._link.channel)

    def _arrived(self, queue: str, handle: Callable[[Delivery], None], message: Any) -> None:
        delivery = Delivery(message, queue, self)
        self._in_hand.add(delivery)
        if self._draining:
            delivery.give_back()
        else:
            handle(delivery)

    def _cancel_all(self, channel: Any) -> None:
        for queue in self._queues:
            channel.basic_cancel(queue, nowait=True)

    def _forget(self, _error: Exception) -> None:
        """The broker has taken back what was in hand. Work that runs goes on; its acknowledgement will go nowhere."""
        self._consuming = False
        self._in_hand.clear()


def _write_if_same(expected: Any, write: Callable[[Any], Any], channel: Any) -> None:
    if channel is expected:
        write(channel)
