"""What the local runner tells the person at the terminal: short lines, nothing else."""

import sys
import time


class LocalError(Exception):
    """The runner can't go on; the message is one sentence that says what to do."""


def say(line: str) -> None:
    """Write one line at once, so that progress is seen while it happens."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Stopwatch:
    """Seconds since it was made, for the closing line of a step."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __str__(self) -> str:
        return f"{time.monotonic() - self._started:.1f} s"
