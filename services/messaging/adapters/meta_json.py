"""The provider's JSON, made so that it can be stored: without NUL, halves of characters and numbers beyond measure."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import orjson


def load(raw: bytes) -> Any:
    """Strictly and fast; what the strict reader refuses gets a second, slower and kinder reading."""
    try:
        payload = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return storable(json.loads(raw.decode("utf-8-sig", "replace"), parse_constant=_no_constant))
    return storable(payload) if b"\\u0000" in raw else payload


def _no_constant(name: str) -> Any:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def storable(value: Any) -> Any:
    """Without what PostgreSQL cannot store: NUL, and halves of characters."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {storable(key): storable(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [storable(inner) for inner in value]
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) > 2**63:
        return str(value)
    return value


def is_deeper(value: Any, levels: int) -> bool:
    """Whether there is anything below so many levels of lists and objects."""
    if isinstance(value, dict | list):
        parts = value.values() if isinstance(value, dict) else value
        return levels == 0 or any(is_deeper(part, levels - 1) for part in parts)
    return False


def digest_of(raw: Any) -> str:
    """The same for the same content, however it was written down.

    Wrapped, because a row holds the item some levels deeper than it came: what is nested too deeply is noticed here.
    """
    return sha256(orjson.dumps([[[[[raw]]]]], option=orjson.OPT_SORT_KEYS)).hexdigest()
