"""A private RabbitMQ node: its own files, ports, cookie and port mapper, apart from any instance of the machine."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time

from deploy.local.binaries import Binaries
from deploy.local.console import LocalError
from deploy.local.daemon import Daemon
from deploy.local.layout import REPOSITORY, Layout
from deploy.local.pidfile import PidFile, signal_group, wait_until_gone
from deploy.local.ports import HOST, PortBook

VHOST = "frontdesk"
USER = "frontdesk"

_SHARED_CONFIG = REPOSITORY / "deploy" / "rabbitmq" / "rabbitmq.conf"
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05
_PROBE_SECONDS = 2.0

# A client's first bytes; a node that is ready answers with a method frame (type 1), one that still boots does not.
_GREETING = b"AMQP\x00\x00\x09\x01"
_METHOD_FRAME = b"\x01"


class RabbitBroker:
    """Starts, stops, freezes, kills and checks one node; every method may be called in any state."""

    def __init__(self, layout: Layout, binaries: Binaries, ports: PortBook, password: str) -> None:
        self._binaries = binaries
        self._ports = ports
        self._password = password
        self.folder = layout.root / "rabbitmq"
        self._log = layout.log / "rabbitmq.log"
        self._mapper = Daemon("epmd", PidFile(layout.run / "epmd.pid"), layout.log / "epmd.log")
        self._node = Daemon("RabbitMQ", PidFile(layout.run / "rabbitmq.pid"), layout.log / "rabbitmq-start.log")

    @property
    def port(self) -> int:
        """The port it listens on, or listened on last."""
        port = self._ports.known("rabbitmq")
        if port is None:
            raise LocalError("RabbitMQ has not been started yet.")
        return port

    @property
    def url(self) -> str:
        return f"amqp://{USER}:{self._password}@{HOST}:{self.port}/{VHOST}"

    def is_running(self) -> bool:
        return self._node.living() is not None

    def start(self) -> None:
        """Start the node unless it runs, and wait until it takes connections."""
        if not self.is_running():
            self._launch()
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop the node in order: its queues and messages are on the disk afterwards."""
        self.thaw()
        self._node.stop(_STOP_SECONDS)
        self._mapper.stop(_STOP_SECONDS)

    def kill(self) -> None:
        """Kill the node with SIGKILL, as a power cut does."""
        identity = self._node.living()
        if identity is not None:
            signal_group(identity, signal.SIGKILL)
            wait_until_gone(identity, _STOP_SECONDS)
        self._node.pid_file.clear()

    def freeze(self) -> None:
        """Stop the node's clock: it keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen node go on."""
        self._signal(signal.SIGCONT)

    def control(self, *arguments: str) -> str:
        """Run rabbitmqctl against this node and return what it prints; queues want `"-p", VHOST` before."""
        ended = subprocess.run(
            [str(self._binaries.rabbitmq / "rabbitmqctl"), "--quiet", *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            raise LocalError(f"rabbitmqctl {arguments[0]} failed: {ended.stderr.strip() or ended.stdout.strip()}")
        return ended.stdout

    def destroy(self) -> None:
        """Stop the node and delete its data."""
        self.kill()
        self._mapper.stop(_STOP_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        identity = self._node.living()
        if identity is not None:
            signal_group(identity, number)

    def _launch(self) -> None:
        self._write_files()
        env = self._environment()
        if self._mapper.living() is None:
            mapper_port = env["ERL_EPMD_PORT"]
            command = [str(self._binaries.epmd), "-address", HOST, "-port", mapper_port]
            self._mapper.start(command, env, self.folder)
        self._node.start([str(self._binaries.rabbitmq / "rabbitmq-server")], env, self.folder)

    def _write_files(self) -> None:
        """Write the node's configuration; the cookie is what lets rabbitmqctl in."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(secrets.token_hex(16), encoding="utf-8")
            cookie.chmod(0o400)
        (self.folder / "enabled_plugins").write_text("[].\n", encoding="utf-8")
        config = self.folder / "rabbitmq.conf"
        config.write_text(_SHARED_CONFIG.read_text(encoding="utf-8") + self._private_config(), encoding="utf-8")
        config.chmod(0o600)

    def _private_config(self) -> str:
        self._claim_ports()
        return (
            f"\nlisteners.tcp.local = {HOST}:{self.port}\n"
            f"default_user = {USER}\ndefault_pass = {self._password}\n"
            # A file of its own makes the node's log readable while it boots.
            f"log.file = {self._log}\n"
        )

    def _claim_ports(self) -> None:
        """A running port mapper keeps its port; everything else takes what is free."""
        self._ports.claim("rabbitmq")
        self._ports.claim("rabbitmq-distribution")
        if self._mapper.living() is None:
            self._ports.claim("epmd")

    def _environment(self) -> dict[str, str]:
        """Point every path at our folder; nothing of the caller's RABBITMQ_* or ERL_* gets through."""
        folder = str(self.folder)
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "C.UTF-8",
            "HOME": folder,
            "ERL_EPMD_ADDRESS": HOST,
            "ERL_EPMD_PORT": str(self._ports.known("epmd")),
            "RABBITMQ_NODENAME": "frontdesk@localhost",
            "RABBITMQ_DIST_PORT": str(self._ports.known("rabbitmq-distribution")),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            # Makes the start script become the node instead of waiting beside it, so that its number is the node's.
            "detached": "true",
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{folder}/advanced.config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_MNESIA_DIR": f"{folder}/data/node",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{folder}/generated",
            "RABBITMQ_SCHEMA_DIR": f"{folder}/schema",
            "RABBITMQ_PID_FILE": f"{folder}/node.pid",
            "RABBITMQ_LOG_BASE": str(self._log.parent),
            "RABBITMQ_LOGS": str(self._log),
        }

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if not self.is_running() or time.monotonic() > deadline:
                raise LocalError(f"RabbitMQ did not start:\n{self._node.last_lines()}")
            time.sleep(_POLL_SECONDS)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((HOST, self.port), timeout=_PROBE_SECONDS) as probe:
                probe.sendall(_GREETING)
                return probe.recv(1) == _METHOD_FRAME
        except OSError:
            return False
