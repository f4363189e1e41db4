"""Structured logs: one JSON object a line, UTC, with secrets and personal numbers taken out.

Event names are static words (`webhook_stored`); what varies is a field.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import orjson
import structlog

_SECRET_KEY = re.compile(
    r"password|secret|token|authorization|api_?key|private|credential|cookie|signature|body|payload", re.IGNORECASE
)
_PERSONAL_KEY = re.compile(r"phone|wa_id|recipient|email|^to$|^from$", re.IGNORECASE)
_SECRET_VALUE = re.compile(
    r"EAA[A-Za-z0-9]{16,}"  # Meta access token
    r"|\b\d{6,}:AA[A-Za-z0-9_-]{20,}"  # Telegram bot token
    r"|\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{8,}"
    r"|\bwhsec_[A-Za-z0-9+/=]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*"  # JSON web token
    r"|(?<=://)[^:/@\s]+:[^@\s]+(?=@)"  # user and password inside a URL
)
_MASK = "[redacted]"


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Structlog processor: mask by key name and by the look of the value; phones and e-mails keep their last four."""
    for key, value in event.items():
        event[key] = _redacted(key, value)
    return event


def _redacted(key: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {inner: _redacted(str(inner), part) for inner, part in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(key, part) for part in value]
    if not isinstance(value, str):
        return value
    if _SECRET_KEY.search(key):
        return _MASK
    if _PERSONAL_KEY.search(key):
        return "…" + value[-4:]
    return _SECRET_VALUE.sub(_MASK, value)


def _to_json(event: Any, **_options: Any) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    structlog.processors.format_exc_info,
    redact,
]


def configure(process: str, level: str = "INFO") -> None:
    """Send everything that is logged in this process, by us or by a library, to standard output as JSON lines."""

    def name_process(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {"process": process, **event}  # a context variable would not reach other greenthreads

    shared = [name_process, *_SHARED]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_to_json),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for noisy in ("amqp", "kombu", "urllib3", "eventlet", "nameko", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; call it as `log.info("static_event_name", field=value)`."""
    return structlog.stdlib.get_logger(name)
