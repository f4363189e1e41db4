"""Free TCP ports on the loopback address, remembered by name so that they stay the same from run to run."""

import json
import random
import socket
import threading
import time
from pathlib import Path

HOST = "127.0.0.1"

# Below the range the kernel hands out to outgoing connections (32768 and up on Linux): a port from that range
# can be taken by somebody's client between the stop and the start of a server.
_CHOICES = range(15_000, 32_000)
_PATIENCE_SECONDS = 1.0


def is_free(port: int) -> bool:
    """Say whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port(preferred: int | None = None, taken: frozenset[int] = frozenset()) -> int:
    """Return the preferred port if it is free, else any free one that is not in `taken`."""
    if preferred is not None and preferred not in taken and is_free(preferred):
        return preferred
    while True:
        port = random.choice(_CHOICES)
        if port not in taken and is_free(port):
            return port


class PortBook:
    """The ports of one system by name, kept in a JSON file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._guard = threading.Lock()
        self._ports: dict[str, int] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}

    def known(self, name: str) -> int | None:
        return self._ports.get(name)

    def claim(self, name: str, preferred: int | None = None) -> int:
        """Return a port to start `name` on: the one it had before if that is free, because clients know it."""
        remembered = self._ports.get(name)
        if remembered is not None and _becomes_free(remembered):
            return remembered
        with self._guard:
            port = free_port(preferred, frozenset(self._ports.values()))
            self._ports[name] = port
            draft = self._path.with_name(f"{self._path.name}.new")
            draft.write_text(json.dumps(self._ports, indent=1), encoding="utf-8")
            draft.replace(self._path)
        return port


def _becomes_free(port: int) -> bool:
    """Give a server that was just killed a moment to let go of its port."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_free(port):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
