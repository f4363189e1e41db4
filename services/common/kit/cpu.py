"""Work for the processor, such as hashing a password, in a few real threads.

On a greenthread it would stop all others of the process for as long as it takes: 100 ms of hashing make every call of
the service wait.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import eventlet.tpool

P = ParamSpec("P")
T = TypeVar("T")

_AT_ONCE = 2
# Eventlet would have twenty threads and use them in turn. The C library keeps for each thread what its work has once
# needed: twenty times the 19 MiB of a password stayed in the process, and no two in a row found them in the cache.
eventlet.tpool.set_num_threads(_AT_ONCE)

_MODESTY = 15
"""Who waits for such work waits long anyway; the hub's own thread, which serves all others, comes first. With 5 another
call of the process took twice as long in a storm of logins; of the lowest class of all, none of them would end."""


def off_the_hub(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `work` in one of the threads, in its turn, and wait for the result. For C code that releases the lock."""
    return eventlet.tpool.execute(_modestly, work, args, kwargs)  # type: ignore[no-any-return]  # untyped


def _modestly(work: Callable[..., T], args: tuple[object, ...], kwargs: dict[str, object]) -> T:
    os.setpriority(os.PRIO_PROCESS, 0, _MODESTY)  # on Linux, of this thread alone
    return work(*args, **kwargs)
