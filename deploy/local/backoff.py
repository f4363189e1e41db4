"""How long to wait before a process that ended is started again."""

from dataclasses import dataclass


@dataclass
class Backoff:
    """Doubles from `first` to `most` seconds; a process that lived `healthy` seconds starts from the beginning."""

    first: float = 0.2
    most: float = 5.0
    healthy: float = 10.0
    _next: float = 0.0

    def after(self, lived: float) -> float:
        """Return the pause after a process that lived so many seconds."""
        if lived >= self.healthy or self._next == 0.0:
            self._next = self.first
        pause = self._next
        self._next = min(self._next * 2, self.most)
        return pause
