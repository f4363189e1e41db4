"""The simulator's own clock: real time by default, shifted or frozen by the control API."""

import time


class Clock:
    """Seconds since the epoch as the simulated world sees them."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._frozen_at: float | None = None

    def now(self) -> float:
        """Return the simulated time."""
        return time.time() + self._offset if self._frozen_at is None else self._frozen_at

    def stamp(self) -> int:
        """Return the simulated time in whole seconds, as webhooks carry it."""
        return int(self.now())

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen_at is not None

    def set(self, now: float, *, frozen: bool) -> None:
        """Jump to a time, and stand still there if frozen."""
        self._offset = now - time.time()
        self._frozen_at = now if frozen else None

    def advance(self, seconds: float) -> None:
        """Move forward (or, with a negative number, back)."""
        self.set(self.now() + seconds, frozen=self.frozen)

    def reset(self) -> None:
        """Return to real time."""
        self._offset, self._frozen_at = 0.0, None
