"""One connection by RFC 5321, without mercy for who speaks it badly."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import BinaryIO

from tests.simulators.smtp_sink.sink import FaultKind, Received, Sink

_PATH = re.compile(rb"(?:FROM|TO):<([^<>\s]*)>(?: .*)?", re.IGNORECASE)
_LONGEST_LINE = 1000
_NEEDED = (b"from", b"to", b"subject", b"date", b"message-id", b"mime-version")
_ONCE = frozenset(_NEEDED)


class Cut(Exception):
    """Close the connection without another word."""


class Conversation:
    """Reads commands and answers them."""

    def __init__(self, reader: BinaryIO, writer: BinaryIO, sink: Sink) -> None:
        self._reader = reader
        self._writer = writer
        self._sink = sink
        self._greeted = False
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._commands: dict[bytes, Callable[[bytes], str]] = {
            b"EHLO": self._ehlo,
            b"HELO": self._ehlo,
            b"MAIL": self._mail,
            b"RCPT": self._rcpt,
            b"DATA": self._data,
            b"RSET": self._rset,
            b"NOOP": lambda _rest: "250 OK",
        }

    def run(self) -> None:
        """Until the other side quits."""
        if self._sink.next_fault(FaultKind.BUSY):
            self._say("421 Too busy")
            return
        self._say("220 sink ready")
        while line := self._reader.readline(_LONGEST_LINE):
            if not line.endswith(b"\r\n"):
                self._say("500 Lines end in CR LF")
                continue
            verb, _, rest = line[:-2].partition(b" ")
            if verb.upper() == b"QUIT":
                self._say("221 Bye")
                return
            command = self._commands.get(verb.upper())
            self._say("502 Unknown command" if command is None else command(rest))

    def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")
        self._writer.flush()

    def _ehlo(self, rest: bytes) -> str:
        if not rest.strip():
            return "501 Say who you are"
        self._greeted = True
        return "250 sink"

    def _mail(self, rest: bytes) -> str:
        path = _PATH.fullmatch(rest)
        if not self._greeted or self._sender is not None:
            return "503 Not now"
        if path is None or not rest.upper().startswith(b"FROM:"):
            return "501 MAIL FROM:<address>"
        self._sender = path[1].decode("ascii", "replace")
        return "250 OK"

    def _rcpt(self, rest: bytes) -> str:
        path = _PATH.fullmatch(rest)
        if self._sender is None:
            return "503 MAIL first"
        if path is None or b"@" not in path[1] or not rest.upper().startswith(b"TO:"):
            return "501 RCPT TO:<address>"
        if self._sink.next_fault(FaultKind.REFUSE):
            return "550 No such mailbox"
        self._recipients.append(path[1].decode("ascii", "replace"))
        return "250 OK"

    def _rset(self, _rest: bytes) -> str:
        self._sender, self._recipients = None, []
        return "250 OK"

    def _data(self, _rest: bytes) -> str:
        if not self._recipients:
            return "503 RCPT first"
        self._say("354 Go on")
        raw = self._read_message()
        sender, recipients = self._sender or "", self._recipients
        self._rset(b"")
        problem = _problem_of(raw)
        if problem is not None:
            return f"554 {problem}"
        return self._take(Received(sender, recipients, raw))

    def _take(self, received: Received) -> str:
        if self._sink.next_fault(FaultKind.CUT_BEFORE_ACCEPT):
            raise Cut
        if self._sink.next_fault(FaultKind.TRY_LATER):
            return "451 Not now"
        slow = self._sink.next_fault(FaultKind.SLOW)
        if slow is not None:
            time.sleep(slow.seconds)
        self._sink.keep(received)
        if self._sink.next_fault(FaultKind.CUT_AFTER_ACCEPT):
            raise Cut
        return "250 Kept"

    def _read_message(self) -> bytes:
        lines = []
        while (line := self._reader.readline()) != b".\r\n":
            if not line:
                raise Cut
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


def _problem_of(raw: bytes) -> str | None:
    if b"\n" in raw.replace(b"\r\n", b"") or b"\r" in raw.replace(b"\r\n", b""):
        return "A line does not end in CR LF"
    if any(len(line) + 2 > _LONGEST_LINE for line in raw.split(b"\r\n")):
        return "A line is too long"
    if not raw.isascii():
        return "Not seven bits"
    names = [
        line.partition(b":")[0].lower() for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n") if line[:1] > b" "
    ]
    missing = [name.decode() for name in _NEEDED if name not in names]
    if missing:
        return f"Without {', '.join(missing)}"
    twice = [name.decode() for name in _ONCE if names.count(name) > 1]
    return f"Twice: {', '.join(twice)}" if twice else None
