"""Who calls: the principal behind a bearer token, a user's or a program's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gateway.key_lookup import KeyLookup
from gateway.refusals import BadCredential
from gateway.tokens import TokenVerifier
from services.common.contracts.api_keys import looks_like_api_key
from services.common.contracts.auth import ApiKeyPrincipal, Role
from services.common.kit import ids

KEYS_ACT_AS = Role.MANAGER
"""At most, whatever `auth` says of a key."""

_LONGEST = 4096
_ROLES = frozenset(Role)
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] ([A-Za-z0-9._~+/-]+=*)")


@dataclass(frozen=True, slots=True)
class Principal:
    """A user in a session, or a program with an API key. Only a super admin has no tenant."""

    caller: str
    """The id of the user or key: the scope of rate limits and idempotency keys."""
    tenant_id: str | None
    role: Role
    session_id: str | None = None
    version: int = 0
    """Which of the user's access tokens it is, counted up whenever older ones stop being good."""
    api_key: ApiKeyPrincipal | None = None

    @property
    def user_id(self) -> str | None:
        """The user; a program is nobody."""
        return self.caller if self.api_key is None else None


def identify(authorization: list[str], verifier: TokenVerifier, keys: KeyLookup) -> Principal:
    """The principal of the `Authorization` header lines. Raises `BadCredential`, always with the same words."""
    if len(authorization) != 1 or len(authorization[0]) > _LONGEST:
        raise BadCredential
    # Two headers may arrive joined by a comma, which no token contains.
    match = _BEARER.fullmatch(authorization[0])
    if match is None:
        raise BadCredential
    if looks_like_api_key(match[1]):
        return _program(keys.find(match[1]))
    return _user(verifier.claims(match[1]))


def _program(key: ApiKeyPrincipal) -> Principal:
    role = key.role if KEYS_ACT_AS.at_least(key.role) else KEYS_ACT_AS
    return Principal(key.api_key_id, key.tenant_id, role, api_key=key)


def _user(claims: dict[str, Any]) -> Principal:
    tenant_id, role = claims.get("tid"), claims.get("rol")
    if not isinstance(role, str) or role not in _ROLES or not ids.is_id(claims["sub"]):
        raise BadCredential
    if tenant_id is None and role != Role.SUPER_ADMIN:
        raise BadCredential
    if tenant_id is not None and not ids.is_id(tenant_id):
        raise BadCredential
    return Principal(claims["sub"], tenant_id, Role(role), _session_id(claims), _version(claims))


def _session_id(claims: dict[str, Any]) -> str | None:
    session_id = claims.get("sid", "")
    return session_id if ids.is_id(session_id) else None


def _version(claims: dict[str, Any]) -> int:
    version = claims.get("ver", 0)
    return version if isinstance(version, int) else 0
