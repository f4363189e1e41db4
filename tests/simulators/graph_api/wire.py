"""HTTP/1.1 on asyncio streams: just enough of it, with the socket in reach so that it can be cut."""

import json
from asyncio import IncompleteReadError, LimitOverrunError, StreamReader, StreamWriter
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

JsonObject = dict[str, Any]

MAX_BODY_BYTES = 110 * 1024 * 1024


class BadRequestError(Exception):
    """The peer does not speak HTTP/1.1 as this server understands it."""


class Disposition(Enum):
    """What becomes of the connection once the answer is known."""

    SEND = "answered"
    CUT = "cut"
    HANG = "hung"


@dataclass(slots=True)
class Request:
    """One HTTP request, read completely."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def json_object(self) -> JsonObject | None:
        """Return the body as a JSON object, or None when it is not one."""
        try:
            parsed = json.loads(self.body)
        except ValueError:
            return None
        return parsed if isinstance(parsed, dict) else None


@dataclass(slots=True)
class Response:
    """One HTTP answer, or the refusal to give one."""

    status: int = 200
    payload: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    error_code: int | None = None
    message_id: str | None = None
    disposition: Disposition = Disposition.SEND
    hang_seconds: float = 0.0

    def render(self, *, keep_alive: bool) -> bytes:
        """Return the bytes for the socket; bytes pass as they are, anything else as JSON."""
        body = self.payload if isinstance(self.payload, bytes) else _json_bytes(self.payload)
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}"]
        if "Content-Type" not in self.headers:
            lines.append("Content-Type: application/json; charset=UTF-8")
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines.append(f"Content-Length: {len(body)}")
        lines.append("Connection: " + ("keep-alive" if keep_alive else "close"))
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def _json_bytes(payload: object) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


async def read_request(reader: StreamReader, writer: StreamWriter) -> Request | None:
    """Read the next request of a connection; None when the peer has closed it in between."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except IncompleteReadError as closed:
        if closed.partial:
            raise BadRequestError("the request ends inside its head") from closed
        return None
    except LimitOverrunError as overrun:
        raise BadRequestError("the head of the request is too long") from overrun
    method, target, headers = _parse_head(head)
    if headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await _read_body(reader, headers)
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) if parts.query else {}
    return Request(method, unquote(parts.path), query, headers, body)


def _parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequestError(f"not an HTTP/1.1 request line: {first[:80]!r}")
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequestError(f"not a header: {line[:80]!r}")
        headers[name.strip().lower()] = value.strip()
    return words[0], words[1], headers


async def _read_body(reader: StreamReader, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _read_chunks(reader)
    length = headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        raise BadRequestError(f"unusable Content-Length: {length[:40]!r}")
    return await reader.readexactly(int(length)) if length != "0" else b""


async def _read_chunks(reader: StreamReader) -> bytes:
    body = bytearray()
    while True:
        line = await reader.readuntil(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        body += await reader.readexactly(size)
        await reader.readuntil(b"\r\n")
        if size == 0:
            return bytes(body)
        if len(body) > MAX_BODY_BYTES:
            raise BadRequestError("the chunked body is too long")
