"""The running processes of a system, seen from outside: start their supervisor, wait for them, stop them."""

import hashlib
import json
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from deploy.local import processes, supervisor
from deploy.local.console import LocalError
from deploy.local.daemon import Daemon, last_lines
from deploy.local.environment import base_environment, current_commit
from deploy.local.layout import REPOSITORY, Layout
from deploy.local.pidfile import Identity, PidFile, terminate
from deploy.local.processes import ProcessSpec

_READY_SECONDS = 90.0
_POLL_SECONDS = 0.1

# A process that was started more often than this while we waited will not make it.
_MOST_LIVES = 4
_PROBE_SECONDS = 5.0
_SERVERS = frozenset({"postgres", "rabbitmq", "epmd", "supervisor"})

# Two waves of processes get their grace each; then the supervisor itself ends.
_STOP_SECONDS = 2 * supervisor.GRACE_SECONDS + 5.0


class Fleet:
    """The supervisor of one system and the processes it keeps."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._daemon = Daemon("The supervisor", PidFile(layout.run / "supervisor.pid"), layout.log / "supervisor.log")
        self._fingerprint_file = layout.run / "fingerprint"

    def is_running(self) -> bool:
        return self._daemon.living() is not None

    def runs_with(self, specs: Sequence[ProcessSpec], variables: Mapping[str, str]) -> bool:
        """Say whether the running processes were started from the same table and settings."""
        file = self._fingerprint_file
        return self.is_running() and file.exists() and file.read_text(encoding="utf-8") == fingerprint(specs, variables)

    def start(self, specs: Sequence[ProcessSpec], variables: Mapping[str, str]) -> None:
        """Start the supervisor, which starts the processes."""
        processes.save(supervisor.processes_file(self._layout), specs)
        env = base_environment() | dict(variables) | {"GIT_COMMIT": current_commit()}
        command = [sys.executable, "-m", "deploy.local.supervisor", str(self._layout.root)]
        self._daemon.start(command, env, REPOSITORY)
        self._fingerprint_file.write_text(fingerprint(specs, variables), encoding="utf-8")

    def stop(self) -> None:
        """Stop the supervisor and, if it was killed before, the processes it has left behind."""
        self._daemon.stop(_STOP_SECONDS)
        for identity in self.living().values():
            terminate(identity, supervisor.GRACE_SECONDS)
        for file in self._pid_files():
            file.clear()

    def living(self) -> dict[str, Identity]:
        """Return the processes that run now, by name."""
        found = {file.path.stem: file.living() for file in self._pid_files()}
        return {name: identity for name, identity in found.items() if identity is not None}

    def wait_until_ready(self, specs: Sequence[ProcessSpec]) -> None:
        """Wait until every process says it is ready; else show what those say that are not.

        The gateway is asked last, because it remembers for a while that a service was not there.
        """
        deadline = time.monotonic() + _READY_SECONDS
        waiting = sorted(specs, key=lambda spec: spec.wave, reverse=True)
        lives: dict[str, set[Identity]] = defaultdict(set)
        while waiting:
            if is_ready(waiting[0]):
                waiting.pop(0)
                continue
            for name, identity in self.living().items():
                lives[name].add(identity)
            failing = [spec for spec in waiting if len(lives[spec.name]) > _MOST_LIVES]
            if failing or time.monotonic() > deadline or not self.is_running():
                raise LocalError(self._complaint(failing or [spec for spec in waiting if not is_ready(spec)]))
            time.sleep(_POLL_SECONDS)

    def _complaint(self, waiting: Sequence[ProcessSpec]) -> str:
        tails = "\n".join(f"{spec.name}:\n{last_lines(self._layout.log / f'{spec.name}.log')}" for spec in waiting)
        return f"Not getting ready: {', '.join(spec.name for spec in waiting)}. The ends of their logs:\n{tails}"

    def _pid_files(self) -> list[PidFile]:
        return [PidFile(path) for path in sorted(self._layout.run.glob("*.pid")) if path.stem not in _SERVERS]


def fingerprint(specs: Sequence[ProcessSpec], variables: Mapping[str, str]) -> str:
    """Return a digest of everything the processes are started with."""
    whole = json.dumps([[asdict(spec) for spec in specs], dict(variables)], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def is_ready(spec: ProcessSpec) -> bool:
    """Ask the process; one without an address of its own counts as ready."""
    if spec.health_url is None:
        return True
    try:
        with urllib.request.urlopen(f"{spec.health_url}/ready", timeout=_PROBE_SECONDS) as answer:  # noqa: S310 (our own address)
            return bool(answer.status == 200)  # noqa: PLR2004 (HTTP's OK)
    except (OSError, urllib.error.URLError):
        return False
