"""Pid files that can't be fooled by a recycled process number."""

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Identity:
    """A process: its number, and when the kernel started it (clock ticks since boot)."""

    pid: int
    started: int

    def is_alive(self) -> bool:
        return started_at(self.pid) == self.started


def started_at(pid: int) -> int | None:
    """Return the start time of a living process; None if there is none or only its zombie is left."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name in brackets may hold blanks and brackets itself; the numbered fields begin behind the last one.
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else int(rest[18])


def identify(pid: int) -> Identity | None:
    """Return the identity of a living process."""
    started = started_at(pid)
    return None if started is None else Identity(pid, started)


class PidFile:
    """Two lines: the number, then the start time. Tools that only want the number read the first word."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def record(self, pid: int) -> None:
        identity = identify(pid)
        if identity is not None:
            draft = self.path.with_name(f"{self.path.name}.new")
            draft.write_text(f"{identity.pid}\n{identity.started}\n", encoding="utf-8")
            draft.replace(self.path)

    def clear(self) -> None:
        self.path.unlink(missing_ok=True)

    def living(self) -> Identity | None:
        """Return the process if it still is the one that was recorded."""
        try:
            pid, started = map(int, self.path.read_text(encoding="utf-8").split())
        except (FileNotFoundError, ValueError):
            return None
        identity = Identity(pid, started)
        return identity if identity.is_alive() else None


def wait_until_gone(identity: Identity, seconds: float) -> bool:
    """Wait for the process to end; say whether it did."""
    deadline = time.monotonic() + seconds
    while identity.is_alive():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def signal_group(identity: Identity, number: signal.Signals) -> None:
    """Signal a process that leads its own group, and its children with it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(identity.pid, number)


def terminate(identity: Identity, grace: float, polite: signal.Signals = signal.SIGTERM) -> bool:
    """Ask the process to end and kill its group after `grace` seconds; say whether it went by itself."""
    with contextlib.suppress(ProcessLookupError):
        if identity.is_alive():
            os.kill(identity.pid, polite)
    went = wait_until_gone(identity, grace)
    signal_group(identity, signal.SIGKILL)
    wait_until_gone(identity, grace)
    return went
