"""Waiting for what a running system does by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from deploy.local.console import LocalError

T = TypeVar("T")

PATIENCE_SECONDS = 20.0
_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE = 0.05, 1.5, 1.0
"""Who asks all the time has used up the caller's limit before the thing is there."""


def wait_for(what: str, look: Callable[[], T | None]) -> T:
    """What `look` finds, once it finds something. Raises `LocalError` when that takes too long."""
    deadline, pause = time.monotonic() + PATIENCE_SECONDS, _FIRST_PAUSE
    while not (found := look()):
        if time.monotonic() > deadline:
            raise LocalError(f"Waited {PATIENCE_SECONDS:.0f} s for {what}; `make logs` tells why it does not come.")
        time.sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)
    return found
