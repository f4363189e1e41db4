"""A private PostgreSQL server: its own data, port and password, apart from any instance of the machine."""

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

from deploy.local.console import LocalError, say
from deploy.local.daemon import Account, Daemon
from deploy.local.layout import REPOSITORY, Layout
from deploy.local.pidfile import Identity, PidFile, started_at, terminate, wait_until_gone
from deploy.local.ports import HOST, PortBook

_SYSTEM_USER = "postgres"
_START_SECONDS = 30.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05

# How the server is asked to end: "fast" rolls back and writes a checkpoint, "immediate" is a crash that is repaired
# at the next start, "smart" waits for the clients.
_STOP_SIGNALS = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}

_SETTINGS = {
    "listen_addresses": f"'{HOST}'",
    # No socket in the file system: its path would be too long below a deep folder.
    "unix_socket_directories": "''",
    "max_connections": "300",
    "fsync": "on",
    "shared_buffers": "'256MB'",
    "max_wal_size": "'1GB'",
    # As on any solid-state disk: with the default, look-ups by index lose to reading whole tables of middling size.
    "random_page_cost": "1.1",
    # Our statements are short; compiling them costs more than it saves.
    "jit": "off",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "log_line_prefix": "'%m [%p] %q%u@%d '",
    "log_lock_waits": "on",
}


class PostgresServer:
    """Starts, stops and checks one server; every method may be called in any state."""

    def __init__(self, layout: Layout, programs: Path, ports: PortBook, password: str) -> None:
        self._programs = programs
        self._ports = ports
        self._password = password
        self._account = _account()
        self.folder = _data_folder(layout, self._account)
        self._data = self.folder / "data"
        self._daemon = Daemon(
            "PostgreSQL", PidFile(layout.run / "postgres.pid"), layout.log / "postgres.log", self._account
        )

    @property
    def port(self) -> int:
        """The port it listens on, or listened on last."""
        port = self._ports.known("postgres")
        if port is None:
            raise LocalError("PostgreSQL has not been started yet.")
        return port

    @property
    def admin_url(self) -> str:
        return f"postgresql://postgres:{self._password}@{HOST}:{self.port}/postgres"

    @property
    def programs(self) -> Path:
        return self._programs

    def is_running(self) -> bool:
        return self._daemon.living() is not None

    def start(self) -> None:
        """Start the server unless it runs, and wait until it answers."""
        if not self.is_running():
            if not (self._data / "PG_VERSION").exists():
                self._initialise()
            self._launch()
        self._wait_until_ready()

    def stop(self, mode: str = "fast") -> None:
        """Stop the server in one of PostgreSQL's three ways; "immediate" leaves it to recover at the next start."""
        identity = self._daemon.living()
        if identity is not None:
            terminate(identity, _STOP_SECONDS, polite=_STOP_SIGNALS[mode])
        self._daemon.pid_file.clear()

    def kill(self) -> None:
        """Kill the main process with SIGKILL, as the kernel does when memory runs out."""
        identity = self._daemon.living()
        if identity is None:
            return
        children = _children(identity.pid)
        os.kill(identity.pid, signal.SIGKILL)
        # They end by themselves when they see that it is gone; a new server refuses to start before that.
        for process in (identity, *children):
            wait_until_gone(process, _STOP_SECONDS)
        self._daemon.pid_file.clear()

    def destroy(self) -> None:
        """Stop the server and delete its data."""
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _initialise(self) -> None:
        """Create the data folder with a password for the administrator."""
        say("Creating a PostgreSQL cluster …")
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._data, ignore_errors=True)
        password_file = self.folder / "password"
        password_file.write_text(self._password, encoding="utf-8")
        password_file.chmod(0o600)
        self._own(self.folder, password_file)
        ended = self._account.run(
            [
                *(str(self._programs / "initdb"), "--pgdata", str(self._data), "--username", "postgres"),
                *("--pwfile", str(password_file), "--auth", "scram-sha-256"),
                # The cluster is new: a crash now costs one more initdb, nothing else.
                *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"),
            ],
            _environment(),
            self._daemon.log,
            Path("/"),
        )
        password_file.unlink()
        if ended.returncode != 0:
            shutil.rmtree(self._data, ignore_errors=True)
            raise LocalError(f"initdb failed:\n{self._daemon.last_lines()}")
        self._configure()

    def _configure(self) -> None:
        lines = "".join(f"{name} = {value}\n" for name, value in _SETTINGS.items())
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.write(f"\n{lines}")

    def _own(self, *paths: Path) -> None:
        if self._account.name is not None:
            for path in paths:
                shutil.chown(path, self._account.name, self._account.name)

    def _launch(self) -> None:
        self._drop_lock_of_zombie()
        port = self._ports.claim("postgres")
        command = [str(self._programs / "postgres"), "-D", str(self._data), "-p", str(port)]
        self._daemon.start(command, _environment(), Path("/"))

    def _drop_lock_of_zombie(self) -> None:
        """Where nobody collects orphans, a killed server's number stays taken and PostgreSQL thinks it still runs."""
        lock = self._data / "postmaster.pid"
        if lock.exists() and started_at(int(lock.read_text(encoding="utf-8").split()[0])) is None:
            lock.unlink()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if not self.is_running() or time.monotonic() > deadline:
                raise LocalError(f"PostgreSQL did not start:\n{self._daemon.last_lines()}")
            time.sleep(_POLL_SECONDS)

    def _answers(self) -> bool:
        command = [str(self._programs / "pg_isready"), "-q", "-h", HOST, "-p", str(self.port), "-t", "2"]
        return subprocess.run(command, env=_environment(), check=False).returncode == 0


def _account() -> Account:
    """PostgreSQL refuses to run as root; the package brings a user for it."""
    if os.geteuid() != 0:
        return Account()
    try:
        pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        raise LocalError("PostgreSQL can't run as root and there is no user postgres; please add one.") from None
    return Account(_SYSTEM_USER)


def _data_folder(layout: Layout, account: Account) -> Path:
    """Return the server's folder: below the root, or elsewhere if its user can't get there."""
    folder = layout.root / "postgres"
    if _can_enter(layout.root, account):
        return folder
    digest = hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:10]
    elsewhere = Path("/var/tmp") / f"frontdesk-{digest}" / layout.root.name  # noqa: S108 (named after the repository)
    elsewhere.parent.mkdir(mode=0o711, exist_ok=True)
    if elsewhere.parent.stat().st_uid != os.geteuid():
        raise LocalError(f"{elsewhere.parent} belongs to somebody else; please remove it.")
    if not elsewhere.exists():
        say(f"PostgreSQL's user can't enter {layout.root}, so its data is kept in {elsewhere}.")
    return elsewhere


def _can_enter(folder: Path, account: Account) -> bool:
    entered = subprocess.run(
        ["sh", "-c", 'cd "$1"', "enter", str(folder)],
        cwd="/",
        stderr=subprocess.DEVNULL,
        check=False,
        user=account.name,
        group=account.name,
        extra_groups=None if account.name is None else [],
    )
    return entered.returncode == 0


def _environment() -> dict[str, str]:
    """Nothing of the caller's: PGHOST and the like would lead to another server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _children(pid: int) -> list[Identity]:
    """Return the processes a process has started itself."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we looked
        if int(stat[1]) == pid and stat[0] not in "ZX":
            found.append(Identity(int(entry.name), int(stat[19])))
    return found
