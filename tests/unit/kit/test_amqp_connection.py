"""What is sent together leaves together, or not at all."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from services.common.kit.amqp_connection import _Transport, in_one_write


class Pipe(_Transport):
    """A transport without a socket: notes each write."""

    sock = None

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self._write = lambda data: self.written.append(bytes(data))


def _channel(transport: Any) -> Any:
    return SimpleNamespace(connection=SimpleNamespace(_transport=transport))


def test_frames_of_a_block_are_one_write_in_their_order() -> None:
    pipe = Pipe()
    with in_one_write(_channel(pipe)):
        pipe.write(b"first ")
        pipe.write(memoryview(b"second"))
        assert pipe.written == []
    pipe.write(b"third")
    assert pipe.written == [b"first second", b"third"]


def test_a_block_that_breaks_sends_nothing_and_what_follows_leaves_at_once() -> None:
    pipe = Pipe()

    def break_off() -> None:
        with in_one_write(_channel(pipe)):
            pipe.write(b"half a ")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    pipe.write(b"whole")
    assert pipe.written == [b"whole"]


def test_another_transport_writes_as_ever() -> None:
    written: list[bytes] = []
    other = SimpleNamespace(_write=written.append)
    with in_one_write(_channel(other)):
        other._write(b"at once")
        assert written == [b"at once"]
