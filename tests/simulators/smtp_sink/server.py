"""The two ports of the sink: SMTP, and HTTP to look and to steer."""

from __future__ import annotations

import contextlib
import json
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from tests.simulators.smtp_sink.conversation import Conversation, Cut
from tests.simulators.smtp_sink.sink import FaultKind, Sink


class SmtpServer(socketserver.ThreadingTCPServer):
    """One thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], sink: Sink) -> None:
        self.sink = sink
        super().__init__(address, _SmtpHandler)


class _SmtpHandler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """Talk until one of the two is fed up."""
        sink = cast("SmtpServer", self.server).sink
        with contextlib.suppress(Cut, ConnectionError):
            Conversation(cast("Any", self.rfile), cast("Any", self.wfile), sink).run()


class ControlServer(ThreadingHTTPServer):
    """`GET /messages`, `POST /faults`, `POST /reset`."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], sink: Sink) -> None:
        self.sink = sink
        super().__init__(address, _ControlHandler)


class _ControlHandler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """What was received."""
        if self.path != "/messages":
            self._answer(404, {"error": "GET /messages"})
            return
        self._answer(200, {"messages": [received.to_wire() for received in self._sink.messages]})

    def do_POST(self) -> None:
        """Steer."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/reset":
            self._sink.reset()
            self._answer(200, {})
            return
        try:
            wanted = json.loads(body)
            self._sink.fail(FaultKind(wanted["kind"]), wanted.get("times", 1), float(wanted.get("seconds", 0)))
        except (ValueError, KeyError, TypeError) as error:
            self._answer(422, {"error": repr(error)})
            return
        self._answer(200, {})

    def log_message(self, *_parts: Any) -> None:
        """Silence: the requests of tests are of no interest."""

    @property
    def _sink(self) -> Sink:
        return cast("ControlServer", self.server).sink

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@dataclass(frozen=True)
class RunningSink:
    """Where it listens, and what it has."""

    sink: Sink
    smtp_url: str
    control_url: str


@contextlib.contextmanager
def running_sink(host: str = "127.0.0.1", port: int = 0, control_port: int = 0) -> Iterator[RunningSink]:
    """A sink in this process, on free ports unless they are named."""
    sink = Sink()
    with SmtpServer((host, port), sink) as smtp, ControlServer((host, control_port), sink) as control:
        servers: tuple[socketserver.BaseServer, ...] = (smtp, control)
        threads = [threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True) for server in servers]
        for thread in threads:
            thread.start()
        try:
            yield RunningSink(
                sink, f"smtp://{host}:{smtp.server_address[1]}", f"http://{host}:{control.server_address[1]}"
            )
        finally:
            for server in servers:
                server.shutdown()
            for thread in threads:
                thread.join()
