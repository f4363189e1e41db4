"""The load generator: one loop over keep-alive connections, which does little so that it takes little from the rest.

With a fixed rate it is an open loop: a request is due at its instant whatever became of those before, and its latency
counts from that instant. A slow server can't slow the questions down and so look fast.
"""

from __future__ import annotations

import select
import socket
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.bench.histogram import Histogram
from tests.bench.wire import NotHttpError, answer_in

_CHUNK = 262_144
_PATIENCE = 10.0
"""How long after the end answers are waited for."""


@dataclass(slots=True)
class Outcome:
    """What one run of the load has seen. `seconds` is until the last answer, `began_at` the time of the day."""

    began_at: float
    seconds: float = 0.0
    answered: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    latency: Histogram = field(default_factory=Histogram)

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.answered / self.seconds if self.seconds else 0.0


@dataclass(slots=True, eq=False)
class _Line:
    """One connection and the request it waits for."""

    sock: socket.socket
    since: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    busy: bool = False


class Generator:
    """Sends requests to one address over so many connections; `expected` is the only good status."""

    def __init__(self, address: tuple[str, int], connections: int, expected: int = 200) -> None:
        self._address, self._expected = address, expected
        self._poll = select.epoll()
        self._lines: dict[int, _Line] = {}
        self._idle: deque[_Line] = deque()
        self._outcome = Outcome(0.0)
        for _ in range(connections):
            self._idle.append(self._connect())

    def close(self) -> None:
        """Hang up."""
        for line in self._lines.values():
            line.sock.close()
        self._poll.close()

    def closed_loop(self, requests: Iterator[bytes], seconds: float) -> Outcome:
        """On each connection the next request as soon as the last one is answered."""
        started = self._begin()
        until = started + seconds
        while True:
            now = time.monotonic()
            while self._idle and now < until and (request := next(requests, None)) is not None:
                self._send(request, now)
                now = time.monotonic()
            if self._is_finished(until):
                return self._end(started)
            self._receive(0.1)

    def open_loop(self, requests: Iterator[bytes], rate: float, seconds: float) -> Outcome:
        """One request every 1/rate seconds; those that find no free connection wait here, and their latency grows."""
        started = self._begin()
        until, due = started + seconds, started
        sent, wanted = 0, round(rate * seconds)
        while True:
            while self._idle and sent < wanted and due <= time.monotonic():
                self._send(next(requests), due)
                sent += 1
                due = started + sent / rate
            if sent == wanted and self._is_finished(until):
                return self._end(started)
            self._receive(max(0.0, due - time.monotonic()) if self._idle and sent < wanted else 0.1)

    def _begin(self) -> float:
        self._outcome = Outcome(time.time())
        return time.monotonic()

    def _end(self, started: float) -> Outcome:
        self._outcome.seconds = time.monotonic() - started
        for line in [line for line in self._lines.values() if line.busy]:
            self._give_up(line, "no answer")
        return self._outcome

    def _is_finished(self, until: float) -> bool:
        if time.monotonic() < until and len(self._idle) < len(self._lines):
            return False
        return len(self._idle) == len(self._lines) or time.monotonic() > until + _PATIENCE

    def _send(self, request: bytes, since: float) -> None:
        line = self._idle.popleft()
        line.since, line.busy = since, True
        try:
            line.sock.sendall(request)
        except OSError as error:
            self._give_up(line, type(error).__name__)

    def _receive(self, timeout: float) -> None:
        for number, _ in self._poll.poll(timeout):
            line = self._lines.get(number)
            if line is None:
                continue
            try:
                self._take(line, line.sock.recv(_CHUNK))
            except (OSError, NotHttpError, ValueError) as error:
                self._give_up(line, type(error).__name__)

    def _take(self, line: _Line, data: bytes) -> None:
        if not data:
            self._give_up(line, "closed")
            return
        line.received += data
        answer = answer_in(line.received)
        if answer is None:
            return
        del line.received[: answer.size]
        if answer.status == self._expected:
            self._outcome.answered += 1
            self._outcome.latency.record(time.monotonic() - line.since)
        else:
            self._outcome.errors[str(answer.status)] += 1
        line.busy = False
        self._idle.append(line)

    def _connect(self) -> _Line:
        sock = socket.create_connection(self._address, timeout=_PATIENCE)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = _Line(sock)
        self._lines[sock.fileno()] = line
        self._poll.register(sock, select.EPOLLIN)
        return line

    def _give_up(self, line: _Line, why: str) -> None:
        """Count the request that waited here as failed, and take a fresh connection."""
        if line.busy:
            self._outcome.errors[why] += 1
        elif line in self._idle:
            self._idle.remove(line)
        self._poll.unregister(line.sock)
        del self._lines[line.sock.fileno()]
        line.sock.close()
        self._idle.append(self._connect())
