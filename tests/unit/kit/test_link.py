"""The reading thread of a connection, when it ends."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from services.common.kit import link
from services.common.kit.link import Link, LinkDownError


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_lets_everybody_go_and_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def die(*_arguments: Any) -> None:
        threads.append(threading.current_thread())
        raise SystemExit

    monkeypatch.setattr(link, "connect", die)
    lost: list[Exception] = []
    connection = Link("amqp://nowhere", "test", on_up=lambda _channel: None, on_down=lost.append)
    for _ in range(2):
        with pytest.raises(LinkDownError):
            connection.send(lambda _channel: None, patience=1)
        threads[-1].join(2)
    assert len(lost) == 2
    assert len(set(threads)) == 2


def test_a_broker_that_takes_no_messages_keeps_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = Link("amqp://nowhere", "test", on_up=lambda _channel: None, on_down=lambda _error: None)
    monkeypatch.setattr(connection, "_start", lambda: None)
    connection._known.set()
    connection._channel = channel = object()
    connection._set_blocked(True)
    with pytest.raises(LinkDownError, match="short of"):
        connection.send(lambda _channel: None, patience=1)
    connection._set_blocked(False)
    used: list[Any] = []
    connection.send(used.append, patience=1)
    assert used == [channel]


class Quiet:
    """A connection on which nothing comes in; counts its heartbeats."""

    def __init__(self, *_arguments: Any) -> None:
        self.sock = SimpleNamespace(settimeout=lambda _seconds: None)
        self.beats = 0

    def channel(self) -> object:
        return object()

    def blocking_read(self) -> None:
        time.sleep(0.01)
        raise TimeoutError

    def heartbeat_tick(self) -> None:
        self.beats += 1

    def send_method(self, *_arguments: Any) -> None:
        """The goodbye."""

    def close(self) -> None:
        """Nobody answers."""

    collect = close


def test_no_heartbeat_gets_into_the_frames_of_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = Quiet()
    monkeypatch.setattr(link, "connect", lambda *_arguments: quiet)
    monkeypatch.setattr(link, "shut", lambda _connection: None)
    connection = Link("amqp://quiet", "test", on_up=lambda _channel: None, on_down=lambda _error: None)
    counts: list[int] = []

    def write(_channel: Any) -> None:
        counts.append(quiet.beats)
        time.sleep(0.2)
        counts.append(quiet.beats)

    connection.send(write, patience=1)
    give_up_at = time.monotonic() + 5
    while quiet.beats <= counts[1] and time.monotonic() < give_up_at:
        time.sleep(0.01)
    connection.close()
    assert counts[0] == counts[1]
    assert quiet.beats > counts[1]


def test_a_closed_connection_stays_closed() -> None:
    connection = Link("amqp://nowhere", "test", on_up=lambda _channel: None, on_down=lambda _error: None)
    connection.close()
    with pytest.raises(LinkDownError, match="closed"):
        connection.send(lambda _channel: None, patience=1)
    assert not connection.up
