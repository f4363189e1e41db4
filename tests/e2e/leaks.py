"""Where secrets could lie in the end: every table, every log, every event that was published, every queue that keeps.

What is looked for is looked for in each form in which it could have been written: as it is, in hexadecimal (as binary
columns are shown), in base64, and as part of an address.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import amqp

from services.common.kit.amqp_connection import connection_arguments
from services.common.kit.topology import DEFAULT_TIERS
from tests.e2e.stored import SERVICES, Stored

QUEUES_FILE = Path(__file__).resolve().parents[1] / "contracts" / "queues.txt"
DATABASES = (*SERVICES, "gateway")

_TABLES = """
    select table_schema, table_name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')
    order by 1, 2
"""

Text = Mapping[str, str]
"""What was read, by the name of the place."""


def forms_of(secret: str) -> set[str]:
    """How a secret may have been written down."""
    raw = secret.encode()
    shifted = {base64.b64encode(bytes(before) + raw).decode() for before in range(3)}
    # Of base64, what does not depend on the neighbours: without the characters that share bits with them.
    encoded = {text[4:].rstrip("=")[:-2] for text in shifted} | {base64.b64encode(raw).decode().rstrip("=")[:-2]}
    urlsafe = {text.replace("+", "-").replace("/", "_") for text in encoded}
    return {secret, quote(secret, safe=""), raw.hex(), *encoded, *urlsafe}


def leaks(secrets: Mapping[str, str], places: Text) -> list[str]:
    """Which secret is in which place; never the secret itself."""
    return [
        f"{name} in {place}"
        for name, secret in secrets.items()
        for place, text in places.items()
        if any(form in text for form in forms_of(secret))
    ]


def dump(stored: Stored) -> dict[str, str]:
    """Every row of every table of every database."""
    found: dict[str, str] = {}
    for database in DATABASES:
        for schema, table in stored.rows(database, _TABLES):
            rows = stored.rows(database, f'select t::text from "{schema}"."{table}" t')
            found[f"{database}.{table}"] = "\n".join(row for (row,) in rows)
    return found


def logs(folder: Path) -> dict[str, str]:
    """What every process has written, the servers' included."""
    return {path.name: path.read_text(errors="replace") for path in sorted(folder.rglob("*.log"))}


@dataclass
class Wire:
    """The broker, listened to: a queue of our own gets a copy of every event."""

    amqp_url: str
    _connection: Any = field(init=False)
    _queue: str = field(init=False)

    @classmethod
    @contextlib.contextmanager
    def tapped(cls, amqp_url: str) -> Iterator[Wire]:
        """From now on, until the end."""
        wire = cls(amqp_url)
        wire._connection = amqp.Connection(**connection_arguments(amqp_url))
        wire._connection.connect()
        channel = wire._connection.channel()
        wire._queue = channel.queue_declare("", exclusive=True).queue
        for service in DATABASES:
            channel.exchange_declare(f"{service}.events", "topic", durable=True, auto_delete=False)
            channel.queue_bind(wire._queue, f"{service}.events", "#")
        try:
            yield wire
        finally:
            wire._connection.collect()

    def published(self) -> dict[str, str]:
        """All events since the beginning, headers and all, by their type."""
        found: dict[str, str] = {}
        for message in self._take(self._queue, keep=False):
            kind = f"event {message.delivery_info['routing_key']}"
            found[kind] = found.get(kind, "") + _written(message)
        return found

    def resting(self) -> dict[str, str]:
        """What lies in queues of the product at the moment. It stays there."""
        return {
            f"queue {name}": "\n".join(_written(message) for message in self._take(name, keep=True))
            for name in _queues()
        }

    def _take(self, queue: str, *, keep: bool) -> list[Any]:
        """Messages of a queue, which is there; those that are kept go back when the channel closes."""
        channel = self._connection.channel()
        found: list[Any] = []
        while (message := channel.basic_get(queue, no_ack=not keep)) is not None:
            found.append(message)
        channel.close()
        return found


def _queues() -> Iterable[str]:
    yield from QUEUES_FILE.read_text().split()
    for service in SERVICES:
        yield f"{service}.dlq"
        yield from (f"{service}.retry.{seconds}s" for seconds in DEFAULT_TIERS)


def _written(message: Any) -> str:
    body = message.body if isinstance(message.body, str) else bytes(message.body).decode(errors="replace")
    return f"{message.properties}\n{body}\n"
