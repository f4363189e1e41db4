"""HTTP/1.1 as far as the load generator needs it: requests made beforehand, answers looked at as little as possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length:"
_STATUS = slice(9, 12)
_LONGEST_HEAD = 65_536


class NotHttpError(Exception):
    """The other side does not answer as this client expects."""


class Answer(NamedTuple):
    """The status of a complete answer, and how many bytes it takes."""

    status: int
    size: int


def request(method: str, host: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """The bytes of one request on a connection that stays open."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{name}: {value}" for name, value in headers.items())]
    if body or method == "POST":
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1") + _END_OF_HEAD + body


def answer_in(received: bytes | bytearray) -> Answer | None:
    """The answer at the beginning of what was received; None while a part of it is missing."""
    end = received.find(_END_OF_HEAD)
    if end < 0:
        if len(received) > _LONGEST_HEAD:
            raise NotHttpError("There is no end of the head.")
        return None
    head = bytes(received[:end]).lower()
    found = head.find(_LENGTH)
    if not head.startswith(b"http/1.") or found < 0:
        raise NotHttpError(repr(head[:100]))
    start = found + len(_LENGTH)
    stop = head.find(b"\r\n", start)
    size = end + len(_END_OF_HEAD) + int(head[start : stop if stop >= 0 else end])
    return Answer(int(head[_STATUS]), size) if len(received) >= size else None
