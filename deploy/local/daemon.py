"""Starts servers that outlive the command that started them."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.local.console import LocalError
from deploy.local.pidfile import Identity, PidFile, terminate

# The shell raises the limit on open files as far as it may, starts the command as the leader of a session of its
# own, and tells its number. Its parent is then init, so nobody here has to collect it.
_LAUNCH = """
ulimit -n 65536 2>/dev/null || ulimit -n "$(ulimit -Hn)" 2>/dev/null || true
setsid "$@" </dev/null >&2 2>&2 &
echo $!
"""


@dataclass(frozen=True)
class Account:
    """The user a server runs as: None is whoever runs this."""

    name: str | None = None

    def run(
        self, command: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path
    ) -> subprocess.CompletedProcess[str]:
        """Run a short command, its complaints going to the log; its answer is returned."""
        with log.open("ab") as stderr:
            return subprocess.run(
                command,
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                check=False,
                user=self.name,
                group=self.name,
                extra_groups=None if self.name is None else [],
            )


@dataclass(frozen=True)
class Daemon:
    """One server process: how it is started, where its number and its log are kept."""

    name: str
    pid_file: PidFile
    log: Path
    account: Account = Account()

    def living(self) -> Identity | None:
        return self.pid_file.living()

    def start(self, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        """Start the command detached and remember which process it is."""
        launched = self.account.run(["sh", "-c", _LAUNCH, "launch", *command], env, self.log, cwd)
        if launched.returncode != 0:
            raise LocalError(f"{self.name} could not be started; its log is {self.log}.")
        self.pid_file.record(int(launched.stdout))

    def stop(self, grace: float) -> None:
        """End the process with SIGTERM, or after `grace` seconds with SIGKILL."""
        identity = self.living()
        if identity is not None:
            terminate(identity, grace)
        self.pid_file.clear()

    def last_lines(self, count: int = 15) -> str:
        return last_lines(self.log, count)


def last_lines(log: Path, count: int = 15) -> str:
    """Return the end of a log, indented, for an error message."""
    if not log.exists():
        return "  (no log)"
    with log.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - 20_000))
        lines = file.read().decode(errors="replace").splitlines()[-count:]
    return "\n".join(f"  {line}" for line in lines)
