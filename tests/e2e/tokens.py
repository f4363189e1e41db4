"""Access tokens made with the system's own signing key: other roles, other times, other tricks."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import jwt

from services.common.kit.ids import new_id

_TYPE = "at+jwt"


class Mint:
    """Makes tokens as `auth` does, from a token that it has issued."""

    def __init__(self, signing_keys: str) -> None:
        key = json.loads(signing_keys)[0]
        self._kid, self._key = key["kid"], key["private_key"]

    def like(self, token: str, *, typ: str = _TYPE, **changes: Any) -> str:
        """A token with other claims; a claim that is None is left out."""
        claims = jwt.decode(token, options={"verify_signature": False}) | {"jti": new_id()} | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, self._key, algorithm="ES256", headers={"kid": self._kid, "typ": typ})

    def expired(self, token: str) -> str:
        """A good token of an hour ago."""
        then = int(time.time()) - 3600
        return self.like(token, iat=then, nbf=then, exp=then + 900)

    def bad_ones(self, token: str) -> dict[str, str | None]:
        """What must not pass for a token, by name."""
        header, body, signature = token.split(".")
        return {
            "no token": None,
            "garbage": "garbage",
            "an expired token": self.expired(token),
            "a token of another type": self.like(token, typ="refresh+jwt"),
            "a token for others": self.like(token, aud="somebody-else"),
            "a token without a tenant": self.like(token, tid=None),
            "an unsigned token": f"{_encoded({'alg': 'none', 'typ': _TYPE})}.{body}.",
            "a token without its signature": f"{header}.{body}.",
            "another tenant written in": f"{header}.{_edited(body, tid=new_id())}.{signature}",
            "a higher role written in": f"{header}.{_edited(body, rol='SUPER_ADMIN')}.{signature}",
        }


def session_of(token: str) -> str:
    """The session that a token belongs to."""
    return str(jwt.decode(token, options={"verify_signature": False})["sid"])


def _edited(body: str, **changes: str) -> str:
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return _encoded(claims | changes)


def _encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
