"""The container's health check: asks the process whether it can work.

It runs every few seconds in every container, so it speaks HTTP by hand: importing a client would be most of its cost.
"""

import os
import socket
import sys

_OK = b"200"


def answer(port: int, path: str) -> bytes:
    """Return the status line of a GET on this container."""
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        with connection.makefile("rb") as lines:
            return lines.readline().strip()


if __name__ == "__main__":
    try:
        status = answer(int(os.environ["HEALTH_PORT"]), os.environ["HEALTH_PATH"])
    except OSError as error:
        sys.exit(str(error))
    if status.split()[1:2] != [_OK]:
        sys.exit(status.decode(errors="replace") or "no answer")
