"""Work for the processor, such as hashing a password, in a few real threads.

On a greenthread it would stop all others of the process for as long as it takes: 100 ms of hashing make every call of
the service wait.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import eventlet.tpool
from eventlet.semaphore import Semaphore

P = ParamSpec("P")
T = TypeVar("T")

_AT_ONCE = 2
_places = Semaphore(_AT_ONCE)


def off_the_hub(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in a thread and wait for its result. For C code that releases the interpreter lock; bounded."""
    with _places:
        return eventlet.tpool.execute(work, *args, **kwargs)  # type: ignore[no-any-return]  # eventlet is untyped
