"""Control of the system under test: its processes by their pid files, its servers, its addresses."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy.local.console import LocalError
from deploy.local.databases import SERVICES
from deploy.local.environment import MARKER
from deploy.local.fleet import is_ready
from deploy.local.infrastructure import Infrastructure
from deploy.local.layout import Layout, layout_at
from deploy.local.pidfile import Identity, PidFile, identify, wait_until_gone
from deploy.local.processes import GATEWAY, ProcessSpec, load
from deploy.local.rabbitmq import VHOST
from deploy.local.supervisor import processes_file

WORKERS = tuple(name for service in SERVICES for name in (service, f"{service}-events"))

_POLL = 0.05
_KILL_SECONDS = 10.0
_TRACKER = b"resource_tracker"


class World:
    """One running system. `settings` are its environment."""

    def __init__(self, layout: Layout, settings: Mapping[str, str]) -> None:
        self.settings = settings
        self._layout = layout
        self._specs = {spec.name: spec for spec in load(processes_file(layout))}
        self.servers = Infrastructure(layout) if layout.ports_file.exists() else None

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> World:
        """The system that a set of variables was written for."""
        return cls(layout_at(Path(settings[MARKER]).parent), settings)

    @property
    def private(self) -> Infrastructure:
        """The system's own servers."""
        if self.servers is None:
            raise LocalError("The servers of this system are somebody else's.")
        return self.servers

    def identity(self, name: str) -> Identity:
        """The living process of that name."""
        identity = PidFile(self._layout.run / f"{name}.pid").living()
        if identity is None:
            raise LocalError(f"{name} does not run.")
        return identity

    def kill(self, name: str) -> Identity:
        """Kill a process with SIGKILL, alone; the supervisor sees to what is left of its group."""
        return self.kill_one(self.identity(name))

    def kill_one(self, identity: Identity) -> Identity:
        """Kill exactly this process with SIGKILL."""
        if identity.is_alive():
            os.kill(identity.pid, signal.SIGKILL)
        wait_until_gone(identity, _KILL_SECONDS)
        return identity

    def gateway_workers(self) -> list[Identity]:
        """The processes that serve requests."""
        return _workers_of(self.identity(GATEWAY).pid)

    def is_back(self, name: str, killed: Identity) -> bool:
        """Whether another process of that name is ready."""
        identity = PidFile(self._layout.run / f"{name}.pid").living()
        return identity is not None and identity != killed and is_ready(self.spec(name))

    def spec(self, name: str) -> ProcessSpec:
        return self._specs[name]

    def queues(self) -> dict[str, int]:
        """Messages that wait or are being worked on, by queue. Empty queues are left out."""
        listed = self.private.broker.control("list_queues", "--vhost", VHOST, "--no-table-headers", "name", "messages")
        rows = (line.split("\t") for line in listed.splitlines() if "\t" in line)
        return {name: int(messages) for name, messages in rows if messages.strip() not in {"", "0"}}


def wait_for(what: str, check: Callable[[], bool], seconds: float) -> None:
    """Wait until the check holds."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise LocalError(f"Not within {seconds:.0f} s: {what}.")
        time.sleep(_POLL)


def _workers_of(pid: int) -> list[Identity]:
    """The children that serve; Python's multiprocessing keeps one more, which only cleans up."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    children = [child for child in map(int, listed.split()) if _TRACKER not in _command_of(child)]
    return [identity for child in children if (identity := identify(child)) is not None]


def _command_of(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
