"""Access tokens: one algorithm, our own keys by `kid`, every claim required, every fault the same refusal."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Any

import jwt

from gateway.refusals import BadCredential
from gateway.signing_keys import ALGORITHM, SigningKeys
from services.common.kit import clock

ISSUER = "frontdesk"
AUDIENCE = "frontdesk-api"
TYPE = "at+jwt"

_LEEWAY_SECONDS = 30
_REQUIRED = ["iss", "aud", "exp", "nbf", "iat", "sub", "jti"]
_INSTANTS = ("exp", "nbf", "iat")


class TokenVerifier:
    """Checks access tokens; remembers the good ones until they expire or the keys change. Thread-safe."""

    def __init__(self, keys: SigningKeys, most_remembered: int = 4096) -> None:
        self._keys = keys
        self._most = most_remembered
        self._known: OrderedDict[bytes, tuple[float, int, dict[str, Any]]] = OrderedDict()
        self._lock = threading.Lock()

    def claims(self, token: str) -> dict[str, Any]:
        """The verified claims. Raises `BadCredential`; `Unavailable` while no key was ever to be had."""
        digest = hashlib.sha256(token.encode()).digest()
        generation = self._keys.generation()
        remembered = self._recall(digest, generation)
        if remembered is not None:
            return remembered
        claims = self._verify(token)
        self._remember(digest, (float(claims["exp"]), self._keys.generation(), claims))
        return claims

    def _recall(self, digest: bytes, generation: int) -> dict[str, Any] | None:
        with self._lock:
            entry = self._known.get(digest)
            if entry is None:
                return None
            expires_at, verified_under, claims = entry
            if expires_at <= clock.epoch() or verified_under != generation:
                del self._known[digest]
                return None
            self._known.move_to_end(digest)
            return claims

    def _verify(self, token: str) -> dict[str, Any]:
        try:
            header = jwt.get_unverified_header(token)
            kid = header.get("kid")
            # PyJWT does not look at `typ`; without this check another kind of token would do.
            if header.get("typ") != TYPE or header.get("alg") != ALGORITHM or not isinstance(kid, str):
                raise BadCredential
            return self._decode(token, kid)
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise BadCredential from error

    def _decode(self, token: str, kid: str) -> dict[str, Any]:
        key = self._keys.find(kid)
        if key is None:
            raise BadCredential
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            audience=AUDIENCE,
            issuer=ISSUER,
            leeway=_LEEWAY_SECONDS,
            options={"require": _REQUIRED},
        )
        # A list that merely contains the audience, and instants as text, pass PyJWT but are not ours.
        if claims["aud"] != AUDIENCE or any(type(claims[name]) is not int for name in _INSTANTS):
            raise BadCredential
        return claims

    def _remember(self, digest: bytes, entry: tuple[float, int, dict[str, Any]]) -> None:
        with self._lock:
            self._known[digest] = entry
            while len(self._known) > self._most:
                self._known.popitem(last=False)
