"""Sends one letter to a server that takes the request and then answers with something that is no TLS.

In a process of its own, where eventlet is at work before anything else is imported, as in the services.
"""

import eventlet

eventlet.monkey_patch()

import contextlib
import os
import socket
import ssl
import sys

from services.common.contracts.messaging import MessageType
from services.common.kit.settings import Secret
from services.messaging.adapters.graph_api import GraphApi, Letter

LETTER = Letter("01a1", "106", "16505551234", None, MessageType.TEXT, {"text": "hello"}, None)


def serve(listener: socket.socket, certificate: str) -> None:
    """One connection."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    plain, _ = listener.accept()
    with contextlib.suppress(OSError), contextlib.closing(tls.wrap_socket(plain, server_side=True)) as connection:
        connection.recv(65536)
        os.write(connection.fileno(), b"no TLS at all" * 10)
        eventlet.sleep(0.3)


def main(certificate: str, trusted: str) -> None:
    """Print the verdict."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        eventlet.spawn(serve, listener, certificate)
        graph = GraphApi(f"https://127.0.0.1:{listener.getsockname()[1]}", "v26.0", (2, 2))
        graph._session.verify = certificate if trusted == "True" else True
        sys.stdout.write(graph.send(LETTER, Secret("the-token")).verdict.value)


if __name__ == "__main__":
    main(*sys.argv[1:])
