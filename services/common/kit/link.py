"""One connection to the broker, kept up by one thread that alone reads it.

The RPC client and the publisher stand on it. It uses plain threading primitives: real threads in the gateway,
greenthreads in a service, where they are monkey-patched. Who sends holds the write lock; nobody but the reading thread
ever reads, because two readers of one socket tear frames apart.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import amqp
from amqp import spec

from services.common.kit.amqp_connection import CONNECT_LIMIT, connect, shut
from services.common.kit.logging import get_logger

log = get_logger(__name__)

_TICK = 0.5
_RECONNECT_FIRST, _RECONNECT_STEP, _RECONNECT_MOST = 0.2, 0.3, 2.0
_ROUND_LIMIT = 10.0


class LinkDownError(Exception):
    """There is no usable connection to the broker at this moment."""


class Link:
    """Connects on first use, so after a fork; reconnects by itself; fails at once while the broker is known to be away.

    `on_up(channel)` prepares each new channel, `on_down(error)` is told of each loss, `on_tick()` runs about twice a
    second, all three on the reading thread.
    """

    def __init__(
        self,
        amqp_url: str,
        name: str,
        on_up: Callable[[Any], None],
        on_down: Callable[[Exception], None],
        on_tick: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self._url = amqp_url
        self._on_up, self._on_down, self._on_tick = on_up, on_down, on_tick
        self._starting = threading.Lock()
        self._writing = threading.Lock()
        self._known = threading.Event()
        self._closing = threading.Event()
        self._reader: threading.Thread | None = None
        self._connection: Any = None
        self._channel: Any = None
        self._blocked = False
        self._last_round = time.monotonic()

    @property
    def up(self) -> bool:
        """Whether something sent now would leave."""
        return self._channel is not None and not self._blocked

    @property
    def channel(self) -> Any:
        """The channel in use, for the callbacks on the reading thread; None without a connection."""
        return self._channel

    @property
    def frames_heard(self) -> int:
        """How many frames the broker has sent on this connection: no change means that it is silent."""
        connection = self._connection
        return 0 if connection is None else int(connection.bytes_recv)

    def carries(self, channel: Any) -> bool:
        """Whether this is the channel in use."""
        return channel is self._channel

    @property
    def alive(self) -> bool:
        """Whether the reading thread has made a round lately, connected or not."""
        return time.monotonic() - self._last_round < _ROUND_LIMIT

    def open(self) -> None:
        """Start connecting without waiting for it, and never give up."""
        self._last_round = time.monotonic()
        self._start()

    def send(self, write: Callable[[Any], None], patience: float) -> None:
        """Run `write(channel)` alone on the channel, or raise `LinkDownError` within `patience` and the write limit."""
        deadline = time.monotonic() + patience
        self._start()
        if not self._known.is_set():
            self._known.wait(min(patience, CONNECT_LIMIT))
        if not self._writing.acquire(timeout=max(deadline - time.monotonic(), 0.001)):
            msg = "others have been writing for too long"
            raise LinkDownError(msg)
        try:
            self._write(self._usable_channel(), write)
        finally:
            self._writing.release()

    def drop(self, channel: Any = None) -> None:
        """Give the connection up, on any doubt; the reading thread notices, tells `on_down` and connects anew.

        With a channel: only if that is still the channel in use.
        """
        if channel is not None and channel is not self._channel:
            return
        connection, self._channel = self._connection, None
        if connection is not None:
            shut(connection)

    def close(self) -> None:
        """Disconnect for good."""
        self._closing.set()
        reader = self._reader
        if reader is None or reader is threading.current_thread():
            return
        self._say_goodbye()
        reader.join(CONNECT_LIMIT + 2 * _TICK)
        self.drop()

    def _say_goodbye(self) -> None:
        """The broker's answer wakes the reading thread, which would otherwise sleep on until its next round."""
        connection = self._connection
        if connection is not None and self._writing.acquire(timeout=_TICK):
            try:
                connection.send_method(spec.Connection.Close, "BsBB", (0, "", 0, 0))
            except (OSError, amqp.AMQPError):
                log.debug("broker_gone_before_goodbye", link=self.name)
            finally:
                self._writing.release()

    def _write(self, channel: Any, write: Callable[[Any], None]) -> None:
        try:
            write(channel)
        except (OSError, amqp.AMQPError) as error:
            self.drop()
            raise LinkDownError(str(error)) from error
        except BaseException:
            self.drop()  # cut short in the middle of a frame, or with a tag that was never sent
            raise

    def _usable_channel(self) -> Any:
        channel = self._channel
        if channel is None:
            msg = "not connected"
            raise LinkDownError(msg)
        if self._blocked:
            msg = "the broker takes no messages: it is short of memory or disk"
            raise LinkDownError(msg)
        return channel

    def _start(self) -> None:
        if self._closing.is_set():
            msg = "closed"
            raise LinkDownError(msg)
        if self._reader is not None and self._reader.is_alive():
            return
        with self._starting:
            if self._reader is None or not self._reader.is_alive():
                self._reader = threading.Thread(target=self._run, name=f"link-{self.name}", daemon=True)
                self._reader.start()

    def _run(self) -> None:
        try:
            self._keep_connected()
        finally:
            self._lost(LinkDownError("closed"))  # whatever ended this thread, nobody may wait for it any longer

    def _keep_connected(self) -> None:
        delay = _RECONNECT_FIRST
        while not self._closing.is_set():
            started = self._last_round = time.monotonic()
            try:
                self._session()
            except Exception as error:  # noqa: BLE001  the thread must outlive whatever the broker or a callback does
                self._lost(error)
            if time.monotonic() - started > _RECONNECT_MOST:
                delay = _RECONNECT_FIRST
            self._closing.wait(delay)
            delay = min(delay + _RECONNECT_STEP, _RECONNECT_MOST)

    def _session(self) -> None:
        connection = connect(self._url, self._set_blocked)
        self._connection = connection
        try:
            channel = connection.channel()
            with self._writing:  # a sender left over from the last session must be out before tags start anew
                self._on_up(channel)
                self._blocked = False
                connection.sock.settimeout(_TICK)
                self._channel = channel
            self._known.set()
            log.info("broker_connected", link=self.name)
            self._read_until_closed(connection)
        finally:
            self._channel = None
            self._connection = None
            shut(connection)
            connection.collect()

    def _read_until_closed(self, connection: Any) -> None:
        next_tick = 0.0
        while not self._closing.is_set():
            try:
                connection.blocking_read()
            except TimeoutError:
                next_tick = 0.0
            if time.monotonic() >= next_tick:
                self._last_round = time.monotonic()
                next_tick = self._last_round + _TICK
                self._keep_alive(connection)
                if not self._blocked:
                    self._on_tick()
        connection.close()

    def _keep_alive(self, connection: Any) -> None:
        """Not while somebody writes: then no heartbeat is due, and one amid their frames would end the connection."""
        if self._writing.acquire(blocking=False):
            try:
                connection.heartbeat_tick()
            finally:
                self._writing.release()

    def _lost(self, error: Exception) -> None:
        self._known.set()
        if not self._closing.is_set():
            log.warning("broker_connection_lost", link=self.name, error=str(error) or type(error).__name__)
        self._on_down(error)

    def _set_blocked(self, blocked: bool) -> None:
        self._blocked = blocked
        log.warning("broker_blocks_publishers" if blocked else "broker_takes_messages_again", link=self.name)
