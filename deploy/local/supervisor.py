"""Keeps the processes of a system running: starts them, restarts what ends, stops them in order.

Run detached as `python -m deploy.local.supervisor <root>`; reads `<root>/run/processes.json` and takes the
settings from its environment.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from deploy.local import processes
from deploy.local.backoff import Backoff
from deploy.local.console import say
from deploy.local.layout import REPOSITORY, Layout, layout_at
from deploy.local.pidfile import PidFile
from deploy.local.processes import ProcessSpec

# Longer than the 25 s that a service allows itself for finishing what it has begun.
GRACE_SECONDS = 30.0
_LONGEST_LOG = 20_000_000


def processes_file(layout: Layout) -> Path:
    return layout.run / "processes.json"


class Keeper(threading.Thread):
    """Keeps one process running until it is told to stop."""

    def __init__(self, spec: ProcessSpec, layout: Layout, env: Mapping[str, str]) -> None:
        super().__init__(name=spec.name)
        self._spec = spec
        self._env = processes.visible_settings(spec.service, env) | spec.env
        self._log = layout.log / f"{spec.name}.log"
        self._pid_file = PidFile(layout.run / f"{spec.name}.pid")
        self._backoff = Backoff()
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        while not self._stopping.is_set():
            started = time.monotonic()
            outcome = self._live_once()
            if self._stopping.is_set():
                return
            lived = time.monotonic() - started
            pause = self._backoff.after(lived)
            _note(f"{self._spec.name} {outcome} after {lived:.1f} s, starting again in {pause:.1f} s")
            self._stopping.wait(pause)

    def stop(self) -> None:
        """Ask the process to end and don't start it again."""
        with self._guard:
            self._stopping.set()
            if self._child is not None:
                self._child.terminate()

    def finish(self, deadline: float) -> None:
        """Wait for the end; past the deadline kill the process with what it has started."""
        self.join(max(0.0, deadline - time.monotonic()))
        if self.is_alive() and self._child is not None:
            _note(f"{self._spec.name} did not end in {GRACE_SECONDS:.0f} s and is killed")
            _kill_group(self._child.pid)
            self.join()

    def _live_once(self) -> str:
        """Start the process, wait for its end, and say how it ended."""
        try:
            child = self._start()
        except OSError as error:
            return f"could not be started ({error})"
        if child is None:
            return "was not started"
        code = child.wait()
        # Workers of a killed gateway would keep its port.
        _kill_group(child.pid)
        self._pid_file.clear()
        return f"ended with {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"

    def _start(self) -> subprocess.Popen[bytes] | None:
        with self._guard, self._log.open("ab") as log:
            if self._stopping.is_set():
                return None
            self._child = subprocess.Popen(
                self._spec.command,
                cwd=REPOSITORY,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._pid_file.record(self._child.pid)
            return self._child


class Supervisor:
    """All the keepers of one system."""

    def __init__(self, layout: Layout, env: Mapping[str, str]) -> None:
        self._specs = sorted(processes.load(processes_file(layout)), key=lambda spec: spec.wave)
        self._keepers = {spec.name: Keeper(spec, layout, env) for spec in self._specs}
        self._told = threading.Event()

    def run(self) -> None:
        """Run until SIGTERM."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._told.set())
        for keeper in self._keepers.values():
            keeper.start()
        _note(f"keeps {len(self._keepers)} processes running")
        self._told.wait()
        self._stop()
        _note("stopped")

    def _stop(self) -> None:
        """Stop wave by wave, so that nobody is asked by a gateway whose services are gone."""
        for _, wave in groupby(self._specs, key=lambda spec: spec.wave):
            keepers = [self._keepers[spec.name] for spec in wave]
            deadline = time.monotonic() + GRACE_SECONDS
            for keeper in keepers:
                keeper.stop()
            for keeper in keepers:
                keeper.finish(deadline)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _note(line: str) -> None:
    say(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}")


def shorten_logs(folder: Path) -> None:
    """Put long logs aside; the last one of each is kept."""
    for log in folder.glob("*.log"):
        if log.stat().st_size > _LONGEST_LOG:
            log.replace(log.with_suffix(".log.1"))


def main() -> int:
    layout = layout_at(Path(sys.argv[1]))
    shorten_logs(layout.log)
    Supervisor(layout, os.environ).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
