"""API keys: whose they are, as `auth` says, which knows them by their hash alone."""

from __future__ import annotations

import time
from collections.abc import Callable

from gateway.memory import Memory
from gateway.refusals import BadCredential
from services.common.contracts.api_keys import hash_of, is_well_formed_api_key
from services.common.contracts.auth import ApiKeyPrincipal
from services.common.contracts.errors import Unauthenticated
from services.common.kit import clock

_FRESH_SECONDS = 30.0
_REFUSED_SECONDS = 5.0
"""Short: a key may be tried just before it is made known to us."""


class KeyLookup:
    """Asks once in half a minute for each key; nobody is asked about what can't be a key. Thread-safe."""

    def __init__(self, ask: Callable[[str], ApiKeyPrincipal], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._good: Memory[ApiKeyPrincipal] = Memory(monotonic=monotonic)
        self._bad: Memory[bool] = Memory(monotonic=monotonic)

    def find(self, text: str) -> ApiKeyPrincipal:
        """For whom the key speaks. Raises `BadCredential`; `Unavailable` when `auth` cannot be asked."""
        if not is_well_formed_api_key(text):
            raise BadCredential
        key_hash = hash_of(text)
        if self._bad.recall(key_hash):
            raise BadCredential
        found = self._good.recall(key_hash) or self._look_up(key_hash)
        if found.expires_at is not None and found.expires_at <= clock.now():
            raise BadCredential
        return found

    def _look_up(self, key_hash: str) -> ApiKeyPrincipal:
        try:
            return self._good.keep(key_hash, self._ask(key_hash), _FRESH_SECONDS)
        except Unauthenticated as refusal:
            self._bad.keep(key_hash, True, _REFUSED_SECONDS)
            raise BadCredential from refusal
