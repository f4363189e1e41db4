"""Follows the logs of all processes of a system at once."""

import time
from pathlib import Path

from deploy.local.console import say
from deploy.local.layout import Layout

_POLL_SECONDS = 0.25
_LAST_BYTES = 2_000


class _Tail:
    """One log file and how far it has been shown."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._shown = max(0, path.stat().st_size - _LAST_BYTES)
        # Begin with a whole line.
        self._skip = self._shown > 0

    def new_lines(self) -> list[str]:
        """Return the lines that were completed since the last call."""
        size = self._path.stat().st_size
        if size < self._shown:
            self._shown = 0
        with self._path.open("rb") as file:
            file.seek(self._shown)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._shown += len(whole) + len(newline)
        lines = whole.decode(errors="replace").splitlines()
        if self._skip and lines:
            self._skip = False
            return lines[1:]
        return lines


def follow(layout: Layout) -> None:
    """Write every new line with the name of its process until interrupted."""
    tails: dict[Path, _Tail] = {}
    while True:
        for path in sorted(layout.log.glob("*.log")):
            tail = tails.setdefault(path, _Tail(path))
            for line in tail.new_lines():
                say(f"{path.stem:<20} | {line}")
        time.sleep(_POLL_SECONDS)
