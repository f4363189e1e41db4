"""A limit on how long a greenthread may be kept waiting by the outside world, however many calls that takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import eventlet


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
