"""The gateway's own figures, and those of all worker processes together for Prometheus."""

from __future__ import annotations

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

from services.common.kit.logging import get_logger

log = get_logger(__name__)

CONTENT_TYPE = CONTENT_TYPE_LATEST

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_REQUESTS = Counter("http_requests_total", "Requests served", ["method", "route", "status"])
_SECONDS = Histogram("http_request_seconds", "Time to answer", ["method", "route"], buckets=_BUCKETS)


def requests(method: str, route: str, status: int, seconds: float) -> None:
    """One request answered. The figures live in files, and a full disk must not cost an answer."""
    if method not in _METHODS:
        method = "other"  # anybody may make up methods, and each would be a figure for ever
    try:
        _REQUESTS.labels(method, route, str(status)).inc()
        _SECONDS.labels(method, route).observe(seconds)
    except OSError as error:
        log.warning("figures_not_kept", error=str(error))


def exposition(directory: str | None) -> bytes:
    """The text that Prometheus reads: of all workers where they share a folder, else of this one."""
    if directory is None:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry, path=directory)  # type: ignore[no-untyped-call]  # no annotations
    return generate_latest(registry)
