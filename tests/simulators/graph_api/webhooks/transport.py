"""A lean asynchronous HTTP client for webhooks: keep-alive connections, one POST at a time on each."""

import asyncio
import ssl
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections import defaultdict
from urllib.parse import SplitResult, urlsplit

Connection = tuple[StreamReader, StreamWriter]


class StaleConnectionError(Exception):
    """A kept connection was closed by the peer before it was used again."""


class Transport:
    """Posts bodies and returns statuses; raises OSError or TimeoutError when there is none."""

    def __init__(self) -> None:
        self._idle: defaultdict[str, list[Connection]] = defaultdict(list)

    async def post(self, url: str, headers: dict[str, str], body: bytes, timeout_seconds: float) -> int:
        """Send one POST and return the status of the answer."""
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"POST {target} HTTP/1.1", f"Host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines.append(f"Content-Length: {len(body)}")
        message = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
        async with asyncio.timeout(timeout_seconds):
            return await self._exchange(parts, message)

    async def _exchange(self, parts: SplitResult, message: bytes) -> int:
        idle = self._idle[parts.netloc]
        while idle:
            try:
                return await self._use(idle.pop(), idle, message, kept=True)
            except StaleConnectionError:
                continue
        context = ssl.create_default_context() if parts.scheme == "https" else None
        port = parts.port or (443 if context else 80)
        fresh = await asyncio.open_connection(parts.hostname, port, ssl=context)
        return await self._use(fresh, idle, message, kept=False)

    async def _use(self, connection: Connection, idle: list[Connection], message: bytes, *, kept: bool) -> int:
        reader, writer = connection
        reusable = False
        try:
            writer.write(message)
            await writer.drain()
            status, reusable = await _read_answer(reader)
        except IncompleteReadError as closed:
            if kept and not closed.partial:
                raise StaleConnectionError from closed
            raise ConnectionError("the connection was closed without an answer") from closed
        except ConnectionError as broken:
            if kept:
                raise StaleConnectionError from broken
            raise
        finally:
            if reusable:
                idle.append(connection)
            else:
                writer.transport.abort()
        return status

    def close(self) -> None:
        """Close every kept connection."""
        for connections in self._idle.values():
            for _, writer in connections:
                writer.transport.abort()
        self._idle.clear()


async def _read_answer(reader: StreamReader) -> tuple[int, bool]:
    """Return the status, and whether the connection can be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.lower().split("\r\n")
    words = first.split(" ")
    if len(words) < 2 or not words[1].isdigit():
        raise ConnectionError(f"not an HTTP answer: {first[:80]!r}")
    headers = dict(line.split(":", 1) for line in lines if ":" in line)
    length = headers.get("content-length", "").strip()
    if not length.isdigit():
        return int(words[1]), False
    await reader.readexactly(int(length))
    return int(words[1]), headers.get("connection", "").strip() != "close"
