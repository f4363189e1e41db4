"""The public keys of access tokens, as `auth` publishes them, kept for five minutes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import jwt

from services.common.contracts.errors import ServiceError, Unavailable
from services.common.kit.logging import get_logger

log = get_logger(__name__)

ALGORITHM = "ES256"

_FRESH_SECONDS = 300.0
_PATIENCE_SECONDS = 2.0
"""The least time between two questions: an unknown `kid` costs an attacker nothing, so it must cost us little."""


class SigningKeys:
    """Keys by `kid`. Asks again every five minutes and, within limits, for a `kid` it has not seen. Thread-safe."""

    def __init__(
        self, fetch: Callable[[], list[dict[str, Any]]], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: dict[str, jwt.PyJWK] = {}
        self._published: list[dict[str, Any]] | None = None
        self._fetched_at = self._asked_at = float("-inf")
        self._generation = 0
        self._asking = threading.Lock()

    def generation(self) -> int:
        """Grows when the set of keys changes: what was verified under another set must be verified again."""
        stale = self._monotonic() - self._fetched_at > _FRESH_SECONDS
        if stale and self._published is not None and self._asking.acquire(blocking=False):
            try:
                self._ask()
            finally:
                self._asking.release()
        return self._generation

    def find(self, kid: str) -> jwt.PyJWK | None:
        """The key, or None. Raises `Unavailable` only while no key was ever to be had."""
        if kid not in self._keys:
            asked_at = self._asked_at
            with self._asking:
                # Whoever waited here while another thread asked takes that answer.
                if self._asked_at == asked_at:
                    self._ask()
        if self._published is None:
            raise Unavailable
        return self._keys.get(kid)

    def _ask(self) -> None:
        if self._published is not None and self._monotonic() - self._asked_at < _PATIENCE_SECONDS:
            return
        self._asked_at = self._monotonic()
        try:
            self._take(self._fetch())
        except ServiceError as error:
            log.warning("signing_keys_not_refreshed", code=error.code)

    def _take(self, published: list[dict[str, Any]]) -> None:
        self._fetched_at = self._monotonic()
        if published == self._published:
            return
        self._keys = {str(key["kid"]): jwt.PyJWK(key, ALGORITHM) for key in published if _is_usable(key)}
        self._published = published
        self._generation += 1
        log.info("signing_keys_loaded", kids=sorted(self._keys))


def _is_usable(key: dict[str, Any]) -> bool:
    """Exactly the kind of key that we sign with: a key of another kind must not bring its own algorithm."""
    return (
        key.get("kty") == "EC" and key.get("crv") == "P-256" and key.get("alg", ALGORITHM) == ALGORITHM and "kid" in key
    )
