"""`/live`, `/ready` and `/metrics`, answered beside the worker pool: a busy service is not a dead one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import eventlet
import eventlet.wsgi
import orjson
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from services.common.kit import metrics
from services.common.kit.bus import Bus
from services.common.kit.consumers.intake import Intake
from services.common.kit.database import Database
from services.common.kit.logging import get_logger
from services.common.kit.relay import Relay

log = get_logger(__name__)

_LAG_LIMIT = 60.0
_CHECK_LIMIT = 2.0

Answer = tuple[bool, str]


class HealthServer:
    """A small HTTP server in a greenthread of its own. Port 0 means none."""

    def __init__(self, container: Any, address: tuple[str, int], database: Database, relay: Relay) -> None:
        self._container = container
        self._address = address
        self._database = database
        self._relay = relay
        self._socket: Any = None
        self._thread: Any = None

    def start(self) -> None:
        """Listen."""
        if self._address[1]:
            self._socket = eventlet.listen(self._address, reuse_addr=True)
            self._thread = self._container.spawn_managed_thread(self._serve, identifier="health")

    def stop(self) -> None:
        """Free the port. The greenthread goes first: a closed socket under it would count as an accident."""
        if self._thread is not None:
            self._thread.kill()
            self._socket.close()
            self._thread = None

    def _serve(self) -> None:
        eventlet.wsgi.server(self._socket, self._application, log_output=False, keepalive=False, max_size=8)

    def _application(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/metrics":
            start_response("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
            return [generate_latest()]
        checks = {"/live": self._liveness, "/ready": self._readiness}.get(path)
        if checks is None:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"not found\n"]
        answers = checks()
        good = all(ok for ok, _ in answers.values())
        start_response("200 OK" if good else "503 Service Unavailable", [("Content-Type", "application/json")])
        return [orjson.dumps({name: said for name, (_, said) in answers.items()})]

    def _liveness(self) -> dict[str, Answer]:
        """That this answers at all shows that the hub turns; a broker that is away is no reason to be restarted."""
        return {"consumer": _said(all(intake.alive for intake in self._intakes()), "turning", "stuck")}

    def _readiness(self) -> dict[str, Answer]:
        return {
            "consumer": _said(all(intake.ready for intake in self._intakes()), "consuming", "not consuming"),
            "database": self._attempt(self._ping),
            "relay": self._attempt(self._lag),
        }

    def _ping(self) -> Answer:
        self._database.ping()
        return True, "answers"

    def _lag(self) -> Answer:
        lag = self._relay.lag()
        metrics.outbox_lag(self._container.service_name, lag)
        return lag < _LAG_LIMIT, f"{lag:.1f} s behind"

    def _attempt(self, check: Callable[[], Answer]) -> Answer:
        try:
            with eventlet.Timeout(_CHECK_LIMIT):
                return check()
        except (Exception, eventlet.Timeout) as error:  # noqa: BLE001  whatever it is, the answer is no
            log.warning("health_check_failed", check=check.__name__, error=type(error).__name__)
            return False, type(error).__name__

    def _intakes(self) -> list[Intake]:
        buses = [extension for extension in self._container.subextensions if isinstance(extension, Bus)]
        return [intake for bus in buses for intake in bus.intakes]


def _said(ok: bool, yes: str, no: str) -> Answer:
    return ok, yes if ok else no
