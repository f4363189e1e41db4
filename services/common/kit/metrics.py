"""Counters and histograms of a process, in Prometheus' form."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

_RPC_CALLS = Counter("rpc_client_calls_total", "RPC calls made", ["service", "method", "outcome"])
_RPC_SECONDS = Histogram("rpc_client_seconds", "Duration of RPC calls", ["service", "method"], buckets=_BUCKETS)
_RUNS = Counter("entrypoint_runs_total", "Runs of an entrypoint", ["service", "entrypoint", "outcome"])
_RUN_SECONDS = Histogram(
    "entrypoint_seconds", "Duration of entrypoint runs", ["service", "entrypoint"], buckets=_BUCKETS
)
_RETRIES = Counter("messages_retried_total", "Messages put off to a retry queue", ["service", "handler", "reason"])
_DEAD = Counter("messages_dead_lettered_total", "Messages given up", ["service", "handler"])
_WAITING_DEAD = Gauge("dead_letters_waiting", "Messages that were given up and not replayed", ["service"])
_OUTBOX_LAG = Gauge("outbox_lag_seconds", "Age of the oldest event that is not published", ["service"])


def rpc_calls(service: str, method: str, outcome: str, seconds: float) -> None:
    """One RPC call made by this process."""
    _RPC_CALLS.labels(service, method, outcome).inc()
    _RPC_SECONDS.labels(service, method).observe(seconds)


def runs(service: str, entrypoint: str, outcome: str, seconds: float) -> None:
    """One run of an entrypoint; `outcome` is `ok`, an error code, `later` or `crashed`."""
    _RUNS.labels(service, entrypoint, outcome).inc()
    _RUN_SECONDS.labels(service, entrypoint).observe(seconds)


def retries(service: str, handler: str, reason: str) -> None:
    """One message put off; `reason` is `failed`, `later` or `infrastructure`."""
    _RETRIES.labels(service, handler, reason).inc()


def dead_letters(service: str, handler: str) -> None:
    """One message given up."""
    _DEAD.labels(service, handler).inc()


def waiting_dead_letters(service: str, count: int) -> None:
    """How many messages lie in the dead-letter queue."""
    _WAITING_DEAD.labels(service).set(count)


def outbox_lag(service: str, seconds: float) -> None:
    """How far the relay is behind."""
    _OUTBOX_LAG.labels(service).set(seconds)
