"""A subscriber for webhooks: keeps what it gets, and answers what it is told to."""

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Posted:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class WebhookSink:
    url: str = ""
    verify_token: str = "test_verify_token"
    posted: list[Posted] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def clear(self) -> None:
        self.posted.clear()
        self.answers.clear()
        self.verify_token = "test_verify_token"

    def values(self) -> list[dict[str, Any]]:
        """Return every `value` received, in order of arrival."""
        bodies = [posted.payload for posted in list(self.posted)]
        return [change["value"] for body in bodies for entry in body["entry"] for change in entry["changes"]]

    def statuses(self) -> list[dict[str, Any]]:
        return [status for value in self.values() for status in value.get("statuses", [])]

    def messages(self) -> list[dict[str, Any]]:
        return [message for value in self.values() for message in value.get("messages", [])]

    def wait_for(self, count: int, timeout: float = 5.0) -> list[Posted]:
        """Wait for so many POSTs."""
        deadline = time.monotonic() + timeout
        while len(self.posted) < count:
            assert time.monotonic() < deadline, f"{len(self.posted)} of {count} webhooks came"
            time.sleep(0.005)
        return list(self.posted)


@contextmanager
def running_sink() -> Iterator[WebhookSink]:
    """Listen on a free port."""
    sink = WebhookSink()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.posted.append(Posted(self.path, dict(self.headers), body))
            self._answer(sink.answers.pop(0) if sink.answers else 200, b"")

        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            if query.get("hub.verify_token") == [sink.verify_token]:
                self._answer(200, query["hub.challenge"][0].encode())
            else:
                self._answer(403, b"")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            if not isinstance(sys.exception(), ConnectionError):
                super().handle_error(request, client_address)

    server = Server(("127.0.0.1", 0), Handler)
    sink.url = f"http://127.0.0.1:{server.server_port}/hook"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
