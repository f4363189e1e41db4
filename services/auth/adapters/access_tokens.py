"""Access tokens: JSON web tokens, typed `at+jwt` (RFC 9068), signed with ES256 by the first of our keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import jwt
from jwt.algorithms import ECAlgorithm

from services.auth.domain.sessions import Bearer, OpenSession
from services.auth.settings import SigningKey
from services.common.contracts.auth import TokenPair
from services.common.kit import ids

ISSUER = "frontdesk"
AUDIENCE = "frontdesk-api"
TYPE = "at+jwt"
_ALGORITHM = "ES256"


class AccessTokens:
    """Makes tokens, and publishes what they are checked with."""

    def __init__(self, keys: Sequence[SigningKey], lifetime: timedelta) -> None:
        self._keys = keys
        self._lifetime = lifetime

    def pair(self, session: OpenSession, now: datetime) -> TokenPair:
        """Both tokens of a session, as they are handed over."""
        return TokenPair(
            token=self.issue(session.bearer, now),
            refresh_token=session.refresh_token,
            expires_in=int(self._lifetime.total_seconds()),
        )

    def issue(self, bearer: Bearer, now: datetime) -> str:
        """A signed token that is good from now on."""
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": bearer.user_id,
            "rol": bearer.role,
            "sid": bearer.session_id,
            "ver": bearer.version,
            "jti": ids.new_id(),
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int((now + self._lifetime).timestamp()),
        }
        if bearer.tenant_id is not None:
            claims["tid"] = bearer.tenant_id
        key = self._keys[0]
        return jwt.encode(claims, key.private_key, algorithm=_ALGORITHM, headers={"kid": key.kid, "typ": TYPE})

    def public_keys(self) -> list[dict[str, Any]]:
        """The JSON web key set: public halves only, the signing one first."""
        return [_public_half(key) for key in self._keys]


def _public_half(key: SigningKey) -> dict[str, Any]:
    numbers = ECAlgorithm.to_jwk(key.private_key.public_key(), as_dict=True)
    return {**numbers, "kid": key.kid, "use": "sig", "alg": _ALGORITHM}
