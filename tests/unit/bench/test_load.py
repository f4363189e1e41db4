from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.bench.load import Generator
from tests.bench.wire import request

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BUSY = b"HTTP/1.1 503 Unavailable\r\nContent-Length: 0\r\n\r\n"
Handler = Callable[[socket.socket], None]


class Server:
    """Hands each connection to a handler on a thread of its own."""

    def __init__(self, handle: Handler) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._handle = handle
        self.address: tuple[str, int] = self._listener.getsockname()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._handle, args=(connection,), daemon=True).start()

    def close(self) -> None:
        self._listener.close()


def answering(answer: bytes, pause: float = 0.0) -> Handler:
    def handle(connection: socket.socket) -> None:
        with connection:
            while connection.recv(65_536):
                time.sleep(pause)
                connection.sendall(answer)

    return handle


def asking() -> Iterator[bytes]:
    return itertools.repeat(request("GET", "h", "/", {}))


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], tuple[str, int]]]:
    servers: list[Server] = []

    def start(handle: Handler) -> tuple[str, int]:
        servers.append(Server(handle))
        return servers[-1].address

    yield start
    for server in servers:
        server.close()


def test_a_closed_loop_has_one_question_on_each_connection(serve: Callable[[Handler], tuple[str, int]]) -> None:
    generator = Generator(serve(answering(GOOD, pause=0.02)), connections=4)
    outcome = generator.closed_loop(asking(), 0.3)
    generator.close()
    assert 4 * 2 <= outcome.answered <= 4 * 16
    assert not outcome.errors
    assert outcome.latency.quantile(0.5) >= 0.0198


def test_a_closed_loop_ends_with_its_questions(serve: Callable[[Handler], tuple[str, int]]) -> None:
    generator = Generator(serve(answering(GOOD)), connections=3)
    outcome = generator.closed_loop(itertools.islice(asking(), 10), 5.0)
    generator.close()
    assert outcome.answered == 10
    assert outcome.seconds < 2.0


def test_an_open_loop_keeps_its_rate(serve: Callable[[Handler], tuple[str, int]]) -> None:
    generator = Generator(serve(answering(GOOD)), connections=4)
    outcome = generator.open_loop(asking(), 200, 0.5)
    generator.close()
    assert outcome.answered == 100
    assert outcome.seconds >= 0.49  # a busy machine takes longer for the last answers, never less


def test_an_open_loop_counts_the_wait_for_a_connection(serve: Callable[[Handler], tuple[str, int]]) -> None:
    # One connection answers 20 questions a second and is asked 100: the last of 50 waits for about two seconds.
    generator = Generator(serve(answering(GOOD, pause=0.05)), connections=1)
    outcome = generator.open_loop(asking(), 100, 0.5)
    generator.close()
    assert outcome.answered == 50
    assert outcome.latency.quantile(1.0) >= 1.9


def test_another_status_is_an_error(serve: Callable[[Handler], tuple[str, int]]) -> None:
    generator = Generator(serve(answering(BUSY)), connections=1)
    outcome = generator.closed_loop(itertools.islice(asking(), 3), 5.0)
    generator.close()
    assert (outcome.answered, dict(outcome.errors)) == (0, {"503": 3})


def test_a_connection_that_breaks_is_an_error_and_is_made_anew(serve: Callable[[Handler], tuple[str, int]]) -> None:
    def once(connection: socket.socket) -> None:
        with connection:
            connection.recv(65_536)

    generator = Generator(serve(once), connections=1)
    outcome = generator.closed_loop(itertools.islice(asking(), 3), 5.0)
    generator.close()
    assert (outcome.answered, dict(outcome.errors)) == (0, {"closed": 3})
