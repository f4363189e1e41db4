"""CPU time of processes with all that they have started, read from /proc."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

_TICK = os.sysconf("SC_CLK_TCK")
_IDLE = slice(3, 5)
"""Idle, and idle while a disk works."""


class Process(NamedTuple):
    """A process: CPU seconds of its own and of its children that have ended."""

    pid: int
    parent: int
    own: float
    ended_children: float

    @classmethod
    def parse(cls, stat: str) -> Process:
        """Read a line of /proc/<pid>/stat. The name in brackets may hold blanks and brackets itself."""
        number, _, rest = stat.partition(" (")
        fields = rest.rpartition(")")[2].split()
        user, system, child_user, child_system = map(int, fields[11:15])
        return cls(int(number), int(fields[1]), (user + system) / _TICK, (child_user + child_system) / _TICK)


def all_processes() -> list[Process]:
    """The processes of the machine; one that ends meanwhile is left out."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                found.append(Process.parse(Path(entry.path, "stat").read_text(encoding="utf-8", errors="replace")))
            except OSError:
                continue
    return found


def tree_seconds(processes: list[Process], root: int) -> float:
    """CPU seconds of a process and all its descendants, those that have ended included."""
    children: defaultdict[int, list[Process]] = defaultdict(list)
    for process in processes:
        children[process.parent].append(process)
    total = 0.0
    waiting = [process for process in processes if process.pid == root]
    while waiting:
        process = waiting.pop()
        total += process.own + process.ended_children
        waiting += children[process.pid]
    return total


def machine_seconds() -> float:
    """CPU seconds that the whole machine has worked since it started."""
    first, *_ = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    ticks = [int(word) for word in first.split()[1:9]]
    return (sum(ticks) - sum(ticks[_IDLE])) / _TICK


@dataclass(frozen=True, slots=True)
class Spent:
    """What a stretch of time has cost: CPU seconds by part, and the cores that others kept busy meanwhile."""

    seconds: float
    parts: Mapping[str, float]
    others: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The clocks at one instant."""

    at: float
    parts: Mapping[str, float]
    machine: float

    def until(self, later: Reading) -> Spent:
        """What was spent between the two. A part that was not there at both counts from nothing."""
        seconds = later.at - self.at
        parts = {name: max(0.0, now - self.parts.get(name, 0.0)) for name, now in later.parts.items()}
        others = later.machine - self.machine - sum(parts.values())
        return Spent(seconds, parts, max(0.0, others / seconds) if seconds else 0.0)


class Meter:
    """Reads the clocks of named parts; `roots` tells the processes that belong to each at present."""

    def __init__(self, roots: Callable[[], Mapping[str, list[int]]], generator: str) -> None:
        self._roots, self._generator = roots, generator

    def read(self) -> Reading:
        """Read all clocks. This process is the load generator; what it has started counts elsewhere."""
        processes = all_processes()
        parts = {name: sum(tree_seconds(processes, pid) for pid in pids) for name, pids in self._roots().items()}
        parts[self._generator] = time.process_time()
        return Reading(time.monotonic(), parts, machine_seconds())
