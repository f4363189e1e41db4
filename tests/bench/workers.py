"""The processes that the measurement starts and stops itself, because a stage is measured with and without them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from deploy.local import processes
from deploy.local.console import LocalError
from deploy.local.daemon import last_lines
from deploy.local.fleet import is_ready
from deploy.local.layout import REPOSITORY, Layout
from deploy.local.pidfile import PidFile
from deploy.local.ports import free_port
from deploy.local.processes import ProcessSpec

BARE, DOORS = "bare", "doors"
CONSUMERS = ("messaging-events", "analytics-events", "tenants-events")
"""All that a customer's message sets in motion."""

_WORKERS = {
    "messaging-events": ("messaging", "events"),
    "analytics-events": ("analytics", "events"),
    "tenants-events": ("tenants", "events"),
    "bookings": ("bookings", "rpc"),
}
_COUNTED = {"RATE_LIMIT_PER_MINUTE": "1000000000"}
"""Each request is counted, and none refused."""
_READY_SECONDS = 60.0
_STOP_SECONDS = 40.0
_POLL = 0.02

REPLICAS = {f"REPLICAS_{processes.variable_stem(name)}": "0" for name in (*_WORKERS, "bookings-events")}
"""The settings under which the system leaves these processes to us."""


@dataclass
class Workers:
    """Starts and stops them by name. Their pid files lie with those of the system, which cleans up what is left."""

    layout: Layout
    environment: Mapping[str, str]
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _specs: dict[str, ProcessSpec] = field(default_factory=dict)

    def only(self, *names: str) -> None:
        """Have exactly these running, and ready."""
        for name in [name for name in self._running if name not in names]:
            self._stop(name)
        for name in names:
            if name not in self._running:
                self._start(name)
        for name in names:
            self._wait_until_ready(name)

    def address(self, name: str) -> tuple[str, int]:
        """Where a process listens."""
        host, _, port = (self._specs[name].health_url or "").removeprefix("http://").partition(":")
        return host, int(port)

    def _start(self, name: str) -> None:
        spec = self._specs[name] = _spec_of(name, self.layout)
        env = processes.visible_settings(spec.service, self.environment) | spec.env
        with (self.layout.log / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                spec.command,
                cwd=REPOSITORY,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running[name] = child
        PidFile(self.layout.run / f"{name}.pid").record(child.pid)

    def _stop(self, name: str) -> None:
        child = self._running.pop(name)
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        PidFile(self.layout.run / f"{name}.pid").clear()

    def _wait_until_ready(self, name: str) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not is_ready(self._specs[name]):
            if self._running[name].poll() is not None or time.monotonic() > deadline:
                raise LocalError(f"{name} does not get ready:\n{last_lines(self.layout.log / f'{name}.log')}")
            time.sleep(_POLL)


def _spec_of(name: str, layout: Layout) -> ProcessSpec:
    port = free_port()
    if name in _WORKERS:
        return processes.worker(name, *_WORKERS[name], port)
    like = processes.gateway(port, layout.metrics)
    command = [f"tests.bench.{name}:app" if word == "gateway.wsgi:app" else word for word in like.command]
    if name == BARE:
        return replace(like, name=BARE, service=BARE, command=command, env={})
    return replace(like, name=name, command=command, env={**like.env, **_COUNTED})
