"""What is told of each run of an entrypoint: one log line, two metrics; and its errors in words for the caller."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import marshmallow
import structlog

from services.common.contracts.errors import ServiceError, Unavailable
from services.common.contracts.schema import refusal
from services.common.kit import metrics
from services.common.kit.context import Context
from services.common.kit.database import is_infrastructure_error
from services.common.kit.logging import get_logger

log = get_logger(__name__)


class Internal(ServiceError):
    """Something went wrong on our side."""

    code = "internal"


class Run:
    """One run; whoever carries it out says how it ended."""

    def __init__(self) -> None:
        self.outcome = "ok"
        self.prominent = False
        """Whether its line is worth reading in production, not only when looking for something."""


@contextmanager
def observed(service: str, entrypoint: str, context: Context) -> Iterator[Run]:
    """Bind the log context for everything inside, and tell how it went."""
    run = Run()
    started = time.monotonic()
    names = {"request_id": context.request_id, "tenant_id": context.tenant_id, "entrypoint": f"{service}.{entrypoint}"}
    with structlog.contextvars.bound_contextvars(**names):
        try:
            yield run
        except BaseException:
            run.outcome, run.prominent = "crashed", True
            raise
        finally:
            seconds = time.monotonic() - started
            metrics.runs(service, entrypoint, run.outcome, seconds)
            tell = log.info if run.prominent else log.debug
            tell("entrypoint_ran", outcome=run.outcome, milliseconds=round(seconds * 1000, 1))


def as_service_error(error: BaseException) -> ServiceError:
    """What the caller is told. What was not meant for it is logged here, and reduced to "internal"."""
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, marshmallow.ValidationError):
        return refusal(error.normalized_messages())  # type: ignore[no-untyped-call]
    if is_infrastructure_error(error):
        log.warning("database_unavailable", error=str(error)[:300])
        return Unavailable()
    log.error("entrypoint_failed", exc_info=error)
    return Internal()
