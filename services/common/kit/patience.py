"""Limits on how long, and how many at once, may wait for the outside world."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import eventlet

from services.common.kit.context import Context

_AT_ONCE = 5
"""Of the ten workers of a process: a provider that is slow must not keep those who don't need it waiting."""
_LONGEST_SECONDS = 10.0
_TO_RECORD_SECONDS = 0.7
"""What is left of the caller's time for storing what the provider has said."""


@contextmanager
def within(seconds: float, otherwise: Callable[[], Exception]) -> Iterator[None]:
    """Interrupt the block when the time is up, wherever it waits, and raise `otherwise()` in its place."""
    limit = eventlet.Timeout(max(seconds, 0.0))
    try:
        yield
    except eventlet.Timeout as fired:
        if fired is not limit:
            raise
        raise otherwise() from fired
    finally:
        limit.cancel()


class Places:
    """The places of a process for those who ask a provider while somebody waits for them."""

    def __init__(self) -> None:
        self._free = threading.BoundedSemaphore(_AT_ONCE)

    @contextmanager
    def taken(self, context: Context, away: Callable[[str], Exception]) -> Iterator[None]:
        """One place, until shortly before nobody waits any longer. Raises `away(words)` without one, or after that."""
        if not self._free.acquire(blocking=False):
            raise away("Too many are waiting for providers at the moment.")
        remaining = context.remaining()
        seconds = _LONGEST_SECONDS if remaining is None else min(_LONGEST_SECONDS, remaining - _TO_RECORD_SECONDS)
        try:
            with within(seconds, lambda: away("The provider did not answer in time.")):
                yield
        finally:
            self._free.release()
