"""The one place that reads the clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def epoch() -> float:
    """The present instant in seconds since 1970, for deadlines that travel between processes."""
    return time.time()
