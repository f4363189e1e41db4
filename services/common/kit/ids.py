"""Ids: UUID version 7 as text, so that newer rows sort behind older ones."""

from __future__ import annotations

import os
import time
import uuid

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62
_RANDOM_A = (1 << 12) - 1
_RANDOM_B = (1 << 62) - 1


def new_id() -> str:
    """A fresh UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, the rest random."""
    random = int.from_bytes(os.urandom(10), "big")
    high = (time.time_ns() // 1_000_000) << 80 | _VERSION_7 | ((random >> 62) & _RANDOM_A) << 64
    return str(uuid.UUID(int=high | _VARIANT | (random & _RANDOM_B)))


def is_id(text: str) -> bool:
    """Whether the text has the form of an id. What it names may still be absent."""
    try:
        return str(uuid.UUID(text)) == text.lower()
    except (ValueError, AttributeError, TypeError):
        return False
