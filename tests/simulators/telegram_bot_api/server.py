"""The listening side: one thread for each connection, all in one process with the world."""

from __future__ import annotations

import json
import re
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.simulators.telegram_bot_api import control, methods
from tests.simulators.telegram_bot_api.bots import Fault, JsonObject, World

_CALL = re.compile(r"/bot(?P<token>[0-9]+:[A-Za-z0-9_-]+)/(?P<method>[A-Za-z]+)")


class Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for a world."""

    protocol_version = "HTTP/1.1"
    world: World

    def do_GET(self) -> None:
        """As any method."""
        self._answer()

    do_POST = do_DELETE = do_GET  # noqa: N815  the base class's words

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002  the base class's word
        """Tokens stand in addresses: nothing is logged."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts.path.startswith("/_control/"):
            self._send(*control.answer(self.world, self.command, parts.path.removeprefix("/_control/"), body))
            return
        match = _CALL.fullmatch(parts.path)
        if match is None:
            self._send(404, {"ok": False, "error_code": 404, "description": "Not Found"})
            return
        fault = self.world.take_fault(match["method"])
        parameters = dict(parse_qsl(parts.query, keep_blank_values=True)) | self._body(body)
        status, payload = self._faulty(fault) if fault else self._called(match["token"], match["method"], parameters)
        self.world.note(match["token"], match["method"], parameters, status)
        if status:
            self._send(status, payload)

    def _body(self, body: bytes) -> JsonObject:
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind == "application/json":
            try:
                parsed = json.loads(body or b"{}")
            except ValueError:
                return {}
            return parsed if isinstance(parsed, dict) else {}
        if kind == "application/x-www-form-urlencoded":
            return dict(parse_qsl(body.decode(), keep_blank_values=True))
        return {}

    def _called(self, token: str, name: str, parameters: JsonObject) -> tuple[int, Any]:
        method, bot = methods.METHODS.get(name.lower()), self.world.bots.get(token)
        if bot is None or bot.state != "active":
            return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
        if method is None:
            return 404, {"ok": False, "error_code": 404, "description": "Not Found: method not found"}
        try:
            with self.world.lock:
                return 200, {"ok": True, "result": method(bot, parameters, self.world.options)}
        except methods.RefusedError as refusal:
            return refusal.status, refusal.payload

    def _faulty(self, fault: Fault) -> tuple[int, Any]:
        """Status 0 stands for no answer."""
        if fault.kind == "hang":
            time.sleep(fault.seconds)
        if fault.kind in {"hang", "cut"}:
            self.close_connection = True
            return 0, None
        if fault.kind == "server_error":
            return 502, b"<html>Bad Gateway</html>"
        description = f"{HTTPStatus(fault.code).phrase}: by order of a test"
        payload: JsonObject = {"ok": False, "error_code": fault.code, "description": description}
        if fault.code == HTTPStatus.TOO_MANY_REQUESTS:
            payload |= {"description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}}
        return fault.code, payload

    def _send(self, status: int, payload: Any) -> None:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if isinstance(payload, bytes) else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def listen(host: str, port: int, world: World) -> ThreadingHTTPServer:
    """A server that is open; `serve_forever` answers."""
    handler = type("BoundHandler", (Handler,), {"world": world})
    server = ThreadingHTTPServer((host, port), handler)
    server.daemon_threads = True
    return server


def serve_in_thread(server: ThreadingHTTPServer) -> threading.Thread:
    """Answer beside the caller."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    return thread
