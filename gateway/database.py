"""A small pool of connections to the gateway's own database. Connects on first use, so after a fork."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from services.common.kit.logging import get_logger

log = get_logger(__name__)

_CONNECT_SECONDS = 1
_STATEMENT_MILLISECONDS = 500
_PATIENCE_SECONDS = 0.2


class PoolExhaustedError(psycopg2.OperationalError):
    """All connections are in use for longer than a request should wait."""


class Pool:
    """Lends at most `size` connections, each in autocommit. A connection that failed is closed, not lent again."""

    def __init__(self, url: str, size: int = 4) -> None:
        self.url = url
        self._prepared: set[str] = set()
        self._slots: queue.LifoQueue[Any] = queue.LifoQueue()
        for _ in range(size):
            self._slots.put(None)

    def prepare(self, statement: str) -> None:
        """Run a `PREPARE` once on each connection that is made from now on."""
        self._prepared.add(statement)

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection for one statement or a few. Raises `psycopg2.Error` when there is none to be had."""
        lent = self._borrow()
        healthy = False
        try:
            if lent is None:
                lent = self._connect()
            yield lent
            healthy = True
        finally:
            if lent is not None and not healthy:
                lent.close()
            self._slots.put(lent if healthy else None)

    def answers(self) -> bool:
        """Whether the database can be reached and asked."""
        try:
            with self.connection() as connection, connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except psycopg2.Error as error:
            log.warning("database_unreachable", error=str(error).strip())
            return False
        return True

    def close(self) -> None:
        """Close the connections that are not lent."""
        while not self._slots.empty():
            connection = self._slots.get()
            if connection is not None:
                connection.close()

    def _borrow(self) -> Any:
        try:
            return self._slots.get(timeout=_PATIENCE_SECONDS)
        except queue.Empty as error:
            raise PoolExhaustedError("no connection is free") from error

    def _connect(self) -> Any:
        connection = psycopg2.connect(
            self.url,
            connect_timeout=_CONNECT_SECONDS,
            application_name="gateway",
            options=f"-c statement_timeout={_STATEMENT_MILLISECONDS} -c synchronous_commit=off",
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=2,
            tcp_user_timeout=2000,
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                for statement in self._prepared:
                    cursor.execute(statement)
        except psycopg2.Error:
            connection.close()
            raise
        return connection
