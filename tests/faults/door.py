"""Keep-alive connections to the gateway on one event loop: the load must not take the processor from what it loads."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

MOST_CONNECTIONS = 96
TIMEOUT_SECONDS = 10.0

_LONGEST_HEAD = 65_536


class NoAnswerError(Exception):
    """The connection broke, or could not be made, or the answer did not come in time."""


class _Connection:
    """One connection; after an error it is thrown away."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @property
    def usable(self) -> bool:
        """Whether the other side has not hung up meanwhile."""
        return not self._reader.at_eof() and not self._writer.is_closing()

    async def exchange(self, request: bytes) -> tuple[int, bytes, bool]:
        """Status, body, and whether the connection may be used again."""
        self._writer.write(request)
        await self._writer.drain()
        head = await self._reader.readuntil(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await self._reader.readexactly(int(headers.get("content-length", "0")))
        return int(status_line.split(" ", 2)[1]), body, headers.get("connection", "").lower() != "close"

    def close(self) -> None:
        self._writer.close()


class Door:
    """Posts to one host. Requests beyond `MOST_CONNECTIONS` wait here for their turn."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._idle: deque[_Connection] = deque()
        self._turns = asyncio.Semaphore(MOST_CONNECTIONS)

    async def wait_for_turn(self) -> None:
        """Before `post`: the answer's time counts from then on."""
        await self._turns.acquire()

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Status and body of the answer; gives the turn back."""
        try:
            return await asyncio.wait_for(self._post(self._request(path, headers, body)), TIMEOUT_SECONDS)
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError) as error:
            raise NoAnswerError(repr(error)) from error
        finally:
            self._turns.release()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    async def _post(self, request: bytes) -> tuple[int, bytes]:
        connection = await self._connection()
        reusable = False
        try:
            status, body, reusable = await connection.exchange(request)
            return status, body
        finally:
            if reusable:
                self._idle.append(connection)
            else:
                with suppress(OSError):
                    connection.close()

    async def _connection(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
            connection.close()
        return _Connection(*await asyncio.open_connection(self._host, self._port, limit=_LONGEST_HEAD))

    def _request(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        lines = [
            f"POST {path} HTTP/1.1",
            f"Host: {self._host}:{self._port}",
            "Content-Type: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
