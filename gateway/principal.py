"""Who calls: the principal behind a bearer token."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from gateway.refusals import BadCredential
from gateway.tokens import TokenVerifier
from services.common.contracts.auth import Role
from services.common.kit import ids

_LONGEST = 4096
_ROLES = frozenset(Role)
_BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] ([A-Za-z0-9._~+/-]+=*)")


@dataclass(frozen=True, slots=True)
class Principal:
    """A user in a session. Only a super admin has no tenant."""

    user_id: str
    tenant_id: str | None
    role: Role
    session_id: str | None

    @property
    def caller(self) -> str:
        """The scope of rate limits and idempotency keys."""
        return self.user_id


def identify(authorization: list[str], verifier: TokenVerifier) -> Principal:
    """The principal of the `Authorization` header lines. Raises `BadCredential`, always with the same words."""
    if len(authorization) != 1 or len(authorization[0]) > _LONGEST:
        raise BadCredential
    # Two headers may arrive joined by a comma, which no token contains.
    match = _BEARER.fullmatch(authorization[0])
    if match is None:
        raise BadCredential
    return _principal(verifier.claims(match[1]))


def _principal(claims: dict[str, Any]) -> Principal:
    tenant_id, role = claims.get("tid"), claims.get("rol")
    if not isinstance(role, str) or role not in _ROLES or not ids.is_id(claims["sub"]):
        raise BadCredential
    if tenant_id is None and role != Role.SUPER_ADMIN:
        raise BadCredential
    if tenant_id is not None and not ids.is_id(tenant_id):
        raise BadCredential
    return Principal(claims["sub"], tenant_id, Role(role), _session_id(claims))


def _session_id(claims: dict[str, Any]) -> str | None:
    session_id = claims.get("sid", "")
    return session_id if ids.is_id(session_id) else None
