"""Set a new password, knowing the present one. The session that asks goes on, all others end."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.domain.letters import LetterKind
from services.auth.domain.passwords import personal_terms
from services.auth.domain.sessions import EndReason
from services.auth.domain.tokens import Purpose
from services.auth.models import User
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.letters import LetterRepository
from services.auth.repository.login_failures import LoginFailureRepository
from services.auth.repository.one_time_tokens import OneTimeTokenRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import BadCredentials, ChangePassword
from services.common.contracts.errors import ServiceError
from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)


def run(request: ChangePassword, begin: Begin, security: Security) -> None:
    """Raises `BadCredentials` or `LockedOut`, as a login does, or `Invalid` for a bad new password.

    Only behind the transaction: the failure must stay counted.
    """
    with begin(scope=SYSTEM) as uow:
        user = UserRepository(uow).caller()
        terms = personal_terms(user.email or "", user.name, TenantRepository(uow).name_of(user.tenant_id))
    matches = security.passwords.matches(request.current_password, user.password_hash or None, begin.context.deadline)
    hashed = _hash_of(request, terms, security) if matches else ""
    with begin(scope=SYSTEM) as uow:
        refused = _decide(user, hashed, request.session_id, uow, security)
    if refused is not None:
        log.warning("password_change_refused", user_id=user.id, reason=refused.code, address=begin.context.address)
        raise refused
    log.info("password_changed", user_id=user.id, address=begin.context.address)


def _hash_of(request: ChangePassword, terms: list[str], security: Security) -> str:
    security.password_policy.check(request.new_password, terms, "newPassword")
    return security.passwords.hash(request.new_password)


def _decide(
    compared: User, hashed: str, session_id: str | None, uow: UnitOfWork, security: Security
) -> ServiceError | None:
    failures = LoginFailureRepository(uow, security.lockouts)
    account = f"password:{compared.id}"  # strangers who guess at the login must not keep the owner from it
    locked_out = failures.hold(account)
    if locked_out is not None:
        return locked_out
    user = UserRepository(uow).caller(locked=True)
    if not hashed or user.password_hash != compared.password_hash:
        failures.count(account)
        AuditRepository(uow).add("user.password_change_refused", user)
        return BadCredentials()
    failures.clear(account)
    before = facts_of(user)
    user.password_hash = hashed
    user.pending_email = None  # whoever asked for it may be the reason for the new password
    user.updated_at = uow.now
    SessionRepository(uow, security.limits).end_all(user.tenant_id, user.id, EndReason.PASSWORD_CHANGED, but=session_id)
    OneTimeTokenRepository(uow).withdraw(user, Purpose.RESET_PASSWORD, Purpose.MFA_VERIFY, Purpose.MFA_ENROL)
    LetterRepository(uow).order(LetterKind.PASSWORD_CHANGED, user)
    AuditRepository(uow).add("user.password_changed", user, before=before, after=facts_of(user))
    return None
