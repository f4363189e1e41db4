"""Waiting for what happens by itself: often enough to be quick, long enough for a busy machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

_LONGEST_PAUSE = 0.25


def eventually(what: str, look: Callable[[], T | None], seconds: float = 30.0) -> T:
    """Look until something is there, and return it; `what` names it when it does not come."""
    deadline = time.monotonic() + seconds
    pause = 0.02
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    return found
