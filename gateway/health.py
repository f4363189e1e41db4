"""How the system is doing: each service, the broker, the databases; asked at most every two seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gateway.bus import Rpc
from services.common.contracts.errors import ServiceError
from services.common.contracts.health import health_request
from services.common.kit.context import Context

SERVICES = ("auth", "tenants", "bookings", "messaging", "analytics")

_FRESH_SECONDS = 2.0
_LIMIT_SECONDS = 2.0
_UP, _DOWN, _UNKNOWN = "up", "down", "unknown"
_WELL = frozenset({_UP, _UNKNOWN})


class HealthReport:
    """The state of the parts behind the gateway, cached: probes must not become a load of their own."""

    def __init__(self, rpc: Rpc, check_database: Callable[[], bool] | None) -> None:
        self._rpc = rpc
        self._check_database = check_database
        self._asking = threading.Lock()
        self._report: dict[str, Any] = {}
        self._fresh_until = float("-inf")

    def read(self) -> dict[str, Any]:
        """`{"status", "broker", "database", "services": {name: {"status", …}}}`, at most two seconds old."""
        with self._asking:
            if time.monotonic() >= self._fresh_until:
                self._report = self._ask()
                self._fresh_until = time.monotonic() + _FRESH_SECONDS
            return self._report

    def is_ready(self, required: tuple[str, ...]) -> bool:
        """Whether the broker is connected and each of these services answers."""
        report = self.read()
        up = [report["services"].get(name, {}).get("status") == _UP for name in required]
        return report["broker"]["status"] == _UP and all(up)

    def _ask(self) -> dict[str, Any]:
        with ThreadPoolExecutor(max_workers=len(SERVICES)) as pool:
            services = dict(zip(SERVICES, pool.map(self._service, SERVICES), strict=True))
        broker = {"status": _UP if self._rpc.up else _DOWN}
        database = {"status": self._database()}
        well = [broker, database, *services.values()]
        status = (
            "ok" if all(part["status"] in _WELL and part.get("database", _UP) == _UP for part in well) else "degraded"
        )
        return {"status": status, "broker": broker, "database": database, "services": services}

    def _database(self) -> str:
        if self._check_database is None:
            return _UNKNOWN
        return _UP if self._check_database() else _DOWN

    def _service(self, name: str) -> dict[str, Any]:
        started = time.monotonic()
        try:
            said = self._rpc.call_wire(health_request(name), Context.new(), _LIMIT_SECONDS)
        except ServiceError:
            return {"status": _DOWN}
        milliseconds = round((time.monotonic() - started) * 1000, 1)
        return {"status": _UP, "milliseconds": milliseconds, **said}
