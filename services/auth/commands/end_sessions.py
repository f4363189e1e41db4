"""Log out: end one session or all of the caller's."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.domain.sessions import EndReason
from services.auth.repository.audit import AuditRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import Logout
from services.common.contracts.errors import Invalid, Unauthenticated
from services.common.kit.logging import get_logger
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import UnitOfWork

log = get_logger(__name__)


def run(request: Logout, uow: UnitOfWork, security: Security) -> None:
    """Ending what is over already is no error. Another user's session is left alone and not told about."""
    user_id = uow.context.user_id
    if user_id is None:
        raise Unauthenticated
    tenant_id = uow.context.tenant_id or NO_TENANT
    sessions = SessionRepository(uow, security.limits)
    if request.all:
        ended = sessions.end_all(tenant_id, user_id, EndReason.LOGGED_OUT)
    else:
        session_id = _session_id(request, sessions)
        ended = int(session_id is not None and sessions.end(tenant_id, user_id, session_id, EndReason.LOGGED_OUT))
    user = UserRepository(uow).find_of(tenant_id, user_id)
    if ended and user is not None:
        AuditRepository(uow).add("user.logged_out", user, after={"sessions": ended})
    log.info("logged_out", user_id=user_id, sessions=ended)


def _session_id(request: Logout, sessions: SessionRepository) -> str | None:
    if request.refresh_token is not None:
        known = sessions.find_token(request.refresh_token)
        return None if known is None else known.session_id
    if request.session_id is None:
        raise Invalid("Nothing says which session to end.", {"refreshToken": "Is needed unless all is true."})
    return request.session_id
