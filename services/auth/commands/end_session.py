"""End one session by its id: one's own, or one of somebody whom one may change."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.domain.roles import may_change
from services.auth.domain.sessions import EndReason
from services.auth.models import User
from services.auth.repository.audit import AuditRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import EndSession, SessionUnknown
from services.common.kit.uow import UnitOfWork


def run(request: EndSession, uow: UnitOfWork, security: Security) -> None:
    """Raises `SessionUnknown`, also for one that is over or that the caller may not end."""
    caller = UserRepository(uow).caller()
    sessions = SessionRepository(uow, security.limits)
    with uow.as_tenant(caller.tenant_id):
        session = sessions.find(request.session_id)
        user = None if session is None else UserRepository(uow).find(session.user_id)
    if user is None or not _may_end(caller, user):
        raise SessionUnknown
    sessions.end(user.tenant_id, user.id, request.session_id, EndReason.ENDED)
    AuditRepository(uow).add("session.ended", user, after={"sessionId": request.session_id})


def _may_end(caller: User, user: User) -> bool:
    return caller.id == user.id or may_change(caller.role, caller.salon_ids, user.role, user.salon_ids)
