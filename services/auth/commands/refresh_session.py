"""Exchange a refresh token for the next pair; notice when one comes a second time."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.domain.sessions import EndReason
from services.auth.repository.audit import AuditRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import BadRefreshToken, Refresh, RefreshSuperseded, TenantSuspended, TokenPair
from services.common.contracts.errors import ServiceError
from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)


def run(request: Refresh, begin: Begin, security: Security) -> TokenPair:
    """Raises `RefreshSuperseded`, `BadRefreshToken`, or `TenantSuspended`, which leaves the token good for later.

    Only behind the transaction: what the refusal of a stolen token revokes must stay revoked.
    """
    with begin(scope=SYSTEM) as uow:
        outcome = _rotate(request.refresh_token, uow, security)
    if isinstance(outcome, TokenPair):
        return outcome
    raise outcome


def _rotate(token: str, uow: UnitOfWork, security: Security) -> TokenPair | ServiceError:
    sessions = SessionRepository(uow, security.limits)
    session = sessions.rotate(token)
    if session is not None:
        return security.tokens.pair(session, uow.now)
    return _refuse(token, sessions, uow, security)


def _refuse(token: str, sessions: SessionRepository, uow: UnitOfWork, security: Security) -> ServiceError:
    """Of a used token either the thief or the owner has the successor, and nobody can tell which: end the session."""
    known = sessions.find_token(token)
    if known is None or not known.is_alive:
        return BadRefreshToken()
    if known.is_suspended:
        return TenantSuspended()
    if known.used_at is None:
        return BadRefreshToken()
    if security.limits.is_superseded(known.used_at, uow.now):
        return RefreshSuperseded()
    sessions.end(known.tenant_id, known.user_id, known.session_id, EndReason.REUSED)
    user = UserRepository(uow).find_of(known.tenant_id, known.user_id)
    if user is not None:
        AuditRepository(uow).add("session.refresh_reused", user, after={"sessionId": known.session_id})
    log.warning("refresh_reused", user_id=known.user_id, session_id=known.session_id, address=uow.context.address)
    return BadRefreshToken()
