"""What others have told us lately, kept for some seconds, so that not every request asks again."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Memory(Generic[T]):
    """Remembers the most recent answers, each for a time of its own. Thread-safe."""

    def __init__(self, most: int = 4096, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._monotonic = monotonic
        self._known: OrderedDict[str, tuple[float, T]] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, name: str) -> T | None:
        """What is remembered under the name and still fresh."""
        with self._lock:
            fresh_until, value = self._known.get(name, (0.0, None))
            if value is None or fresh_until <= self._monotonic():
                self._known.pop(name, None)
                return None
            self._known.move_to_end(name)
            return value

    def keep(self, name: str, value: T, seconds: float) -> T:
        """Remember, and give back what is remembered."""
        with self._lock:
            self._known[name] = (self._monotonic() + seconds, value)
            self._known.move_to_end(name)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return value
