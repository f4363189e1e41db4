"""What was given up: `python -m services.common.kit.dead_letters <service> list|show|replay [--id ID | --all]`.

`list` prints one JSON line for each message, without its body; `show` adds headers and body; `replay` puts messages
back into the queues that they failed in, with a clean count of attempts. A message leaves the dead letters only after
the broker has confirmed its copy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import amqp
import orjson

from services.common.kit.amqp_connection import connection_arguments
from services.common.kit.consumers.marks import (
    ATTEMPTS,
    DEAD_AT,
    FIRST_FAILED_AT,
    LAST_ERROR,
    ORIGIN,
    OURS,
    REASON,
)
from services.common.kit.publisher import BusUnavailable, ConfirmedPublisher, Outgoing, Unroutable
from services.common.kit.settings import Secret, Settings, setting
from services.common.kit.topology import dead_letter_queue

_CONNECT_LIMIT = 5.0


@dataclass(frozen=True)
class BrokerSettings(Settings):
    """Where the queues are."""

    amqp_url: Secret = setting("AMQP_URL", "the message broker")


class DeadLetter:
    """One message out of the dead-letter queue."""

    def __init__(self, message: Any) -> None:
        self._message = message
        self.headers: dict[str, Any] = message.properties.get("application_headers") or {}

    @property
    def id(self) -> str:
        """The event's id."""
        return str(self._message.properties.get("message_id") or "")

    @property
    def origin(self) -> str:
        """The queue it failed in: noted by the consumer, or by the broker when it had to give up by itself."""
        deaths = self.headers.get("x-death") or [{}]
        return str(self.headers.get(ORIGIN) or deaths[0].get("queue") or "")

    @property
    def body(self) -> bytes:
        """As it came."""
        body = self._message.body
        return body.encode() if isinstance(body, str) else bytes(body)

    def summary(self) -> dict[str, Any]:
        """What `list` tells."""
        return {
            "id": self.id,
            "queue": self.origin,
            "reason": self.headers.get(REASON) or "crashed its process too often",
            "attempts": int(self.headers.get(ATTEMPTS, 0)),
            "firstFailedAt": self.headers.get(FIRST_FAILED_AT),
            "deadAt": self.headers.get(DEAD_AT),
            "lastError": self.headers.get(LAST_ERROR),
        }

    def whole(self) -> dict[str, Any]:
        """What `show` tells."""
        return {**self.summary(), "headers": self.headers, "body": self.body.decode("utf-8", "replace")}

    def again(self) -> Outgoing:
        """The copy that goes back."""
        headers = {name: value for name, value in self.headers.items() if name not in OURS and name != "x-death"}
        return Outgoing("", self.origin, self.body, headers, self.id)

    def ack(self) -> None:
        """Take it out of the dead letters."""
        self._message.channel.basic_ack(self._message.delivery_tag)


@contextmanager
def dead_letters(amqp_url: str, service: str) -> Iterator[Iterator[DeadLetter]]:
    """All of a service's dead letters; those that are not acknowledged stay."""
    connection = amqp.Connection(**connection_arguments(amqp_url), connect_timeout=_CONNECT_LIMIT)
    connection.connect()
    try:
        yield _each(connection.channel(), dead_letter_queue(service))
    finally:
        connection.close()


def _each(channel: Any, queue: str) -> Iterator[DeadLetter]:
    # As many as there are now: one that fails again while we replay must not go round and round.
    for _ in range(channel.queue_declare(queue, passive=True).message_count):
        message = channel.basic_get(queue)
        if message is None:
            return
        yield DeadLetter(message)


def replay(amqp_url: str, service: str, wanted: str | None) -> tuple[int, list[str]]:
    """Put one message back, or all with None; how many went, and the ids of those that could not."""
    publisher = ConfirmedPublisher(amqp_url)
    gone, stayed = 0, []
    try:
        with dead_letters(amqp_url, service) as letters:
            for letter in letters:
                if wanted in (None, letter.id):
                    if _put_back(publisher, letter):
                        gone += 1
                    else:
                        stayed.append(letter.id)
    finally:
        publisher.close()
    return gone, stayed


def _put_back(publisher: ConfirmedPublisher, letter: DeadLetter) -> bool:
    try:
        publisher.publish(letter.again())
    except (Unroutable, BusUnavailable):
        return False
    letter.ack()
    return True


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    options = _parse(arguments)
    url = BrokerSettings.load().amqp_url
    if options.action == "replay":
        gone, stayed = replay(url, options.service, options.id)
        sys.stdout.write(f"{gone} replayed\n")
        for letter_id in stayed:
            sys.stderr.write(f"{letter_id} could not be put back\n")
        return 1 if stayed or (options.id and not gone) else 0
    with dead_letters(url, options.service) as letters:
        for letter in letters:
            if options.id in (None, letter.id):
                told = letter.whole() if options.action == "show" else letter.summary()
                sys.stdout.write(orjson.dumps(told, default=str).decode() + "\n")
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m services.common.kit.dead_letters")
    parser.add_argument("service")
    parser.add_argument("action", choices=("list", "show", "replay"))
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--id", help="one message, by its id")
    chosen.add_argument("--all", action="store_true", help="all of them; needed for replay without --id")
    options = parser.parse_args(arguments)
    if options.action == "replay" and not (options.id or options.all):
        parser.error("say which: --id ID or --all")
    return options


if __name__ == "__main__":
    sys.exit(main())
