"""The headers in which a message carries its history from queue to queue."""

from __future__ import annotations

ATTEMPTS = "x-attempts"
WAITS = "x-waits"
NOT_BEFORE = "x-not-before"
FIRST_FAILED_AT = "x-first-failed-at"
LAST_ERROR = "x-last-error"
ORIGIN = "x-origin-queue"
REASON = "x-dead-reason"
DEAD_AT = "x-dead-at"

OURS = frozenset({ATTEMPTS, WAITS, NOT_BEFORE, FIRST_FAILED_AT, LAST_ERROR, ORIGIN, REASON, DEAD_AT})
