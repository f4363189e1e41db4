"""A py-amqp connection as the kit needs it: bounded writes, reads in chunks, the broker's name verified under TLS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import amqp
from amqp import spec
from amqp.transport import TCPTransport

from services.common.kit.logging import get_logger

log = get_logger(__name__)

CONNECT_LIMIT = 2.0
_WRITE_LIMIT = 2.0
_ANSWER_LIMIT = 1.0
_SETUP_LIMIT = 10.0
_HEARTBEAT = 10
_READ_CHUNK = 4096


class _Transport(TCPTransport):
    """Reads in chunks instead of three system calls a frame; gives a write more time than a read."""

    def _setup_transport(self) -> None:
        super()._setup_transport()
        sock = self.sock
        self._quick_recv = lambda wanted: sock.recv(max(wanted, _READ_CHUNK))
        self._write = lambda data: _write_all(sock, data)


def _write_all(sock: Any, data: Any) -> None:
    rest = memoryview(data)
    give_up_at = time.monotonic() + _WRITE_LIMIT
    while rest:
        try:
            rest = rest[sock.send(rest) :]
        except TimeoutError:
            if time.monotonic() > give_up_at:
                raise


class _Channel(amqp.Channel):
    def _do_revive(self) -> None:
        """Not opened again behind our back: what was pipelined behind the mistake would then break the connection."""
        self.collect()


class _Connection(amqp.Connection):
    Channel = _Channel

    def Transport(self, host: str, connect_timeout: float, ssl: Any = False, *options: Any, **more: Any) -> Any:  # noqa: N802  the library's name and order
        if ssl:
            return super().Transport(host, connect_timeout, ssl, *options, **more)
        return _Transport(host, connect_timeout, *options, **more)


@contextmanager
def in_one_write(channel: Any) -> Iterator[None]:
    """What is sent inside the block leaves at its end, in as few system calls as it takes; after an error, not at all.

    Under TLS nothing changes.
    """
    transport = channel.connection._transport  # noqa: SLF001  as in shut()
    if not isinstance(transport, _Transport):
        yield
        return
    write, waiting = transport._write, bytearray()  # noqa: SLF001  it is ours
    transport._write = waiting.extend  # noqa: SLF001
    try:
        yield
    finally:
        transport._write = write  # noqa: SLF001
    write(waiting)  # type: ignore[no-untyped-call]  # py-amqp declares no types


def queue_counts(channel: Any, queue: str) -> tuple[int, int]:
    """Messages that wait and consumers, asked on the reading thread; raises `amqp.NotFound` and closes the channel."""
    # A passive declare changes nothing and tells the counts.
    channel.send_method(spec.Queue.Declare, "BsbbbbbF", (0, queue, True, False, False, False, False, {}))
    give_up_at = time.monotonic() + _ANSWER_LIMIT
    while True:
        try:
            _name, messages, consumers = channel.wait(spec.Queue.DeclareOk, returns_tuple=True)
        except TimeoutError:
            if time.monotonic() > give_up_at:
                raise
        else:
            return int(messages), int(consumers)


def connect(amqp_url: str, set_blocked: Callable[[bool], None]) -> Any:
    """An open connection. Its first answers may take long: a broker that has just started looks for its queues."""
    connection = _Connection(
        **connection_arguments(amqp_url),
        connect_timeout=CONNECT_LIMIT,
        heartbeat=_HEARTBEAT,
        on_blocked=lambda _reason: set_blocked(True),
        on_unblocked=lambda: set_blocked(False),
    )
    try:
        connection.connect()
    except BaseException:
        connection.collect()
        raise
    connection.sock.settimeout(_SETUP_LIMIT)
    return connection


def connection_arguments(amqp_url: str) -> dict[str, Any]:
    """An `amqp://` or `amqps://` URL as py-amqp's arguments."""
    parts = urlsplit(amqp_url)
    tls = tls_options(amqp_url)
    return {
        "host": f"{parts.hostname or '127.0.0.1'}:{parts.port or (5671 if tls else 5672)}",
        "userid": unquote(parts.username or "guest"),
        "password": unquote(parts.password or "guest"),
        "virtual_host": unquote(parts.path[1:]) or "/",
        "ssl": tls,
    }


def tls_options(amqp_url: str) -> dict[str, Any] | None:
    """Options that verify the broker's certificate and name, for an `amqps://` URL; None for a plain one."""
    parts = urlsplit(amqp_url)
    if parts.scheme != "amqps":
        return None
    return {"server_hostname": parts.hostname, "context": {"check_hostname": True}}


def shut(connection: Any) -> None:
    """Wake whoever reads or writes the socket. Closing it here could hand its number to another connection."""
    transport = connection._transport  # noqa: SLF001  the public property reconnects when there is none
    sock = None if transport is None else transport.sock
    if sock is not None:
        try:
            sock.shutdown(2)
        except OSError:
            log.debug("broker_socket_already_closed")
