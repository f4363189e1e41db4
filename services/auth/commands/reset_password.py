"""Set a new password with the token of the mail. All sessions end; nobody is signed in by it."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.domain import emails
from services.auth.domain.letters import LetterKind
from services.auth.domain.passwords import personal_terms
from services.auth.domain.sessions import EndReason
from services.auth.domain.tokens import Purpose
from services.auth.models import OneTimeToken, User
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.letters import LetterRepository
from services.auth.repository.login_failures import LoginFailureRepository
from services.auth.repository.one_time_tokens import OneTimeTokenRepository
from services.auth.repository.revocations import RevocationRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.tenants import TenantRepository
from services.common.contracts.auth import BadOneTimeToken, ResetPassword
from services.common.contracts.errors import Invalid
from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)


def run(request: ResetPassword, begin: Begin, security: Security) -> None:
    """Raises `BadOneTimeToken`, or `Invalid` for a bad password, which leaves the token good.

    The same call, brought again because its answer was lost, finds the token used and the password set: it succeeds.
    """
    password = _password_of(request)
    user, hashed = _prepare(request.token, password, begin, security)
    with begin(scope=SYSTEM) as uow:
        tokens = OneTimeTokenRepository(uow)
        tokens.spend(
            request.token, Purpose.RESET_PASSWORD, lambda token, user: _set(user, token, hashed, uow, security)
        )
    log.info("password_reset", user_id=user.id, address=begin.context.address)


def _password_of(request: ResetPassword) -> str:
    password = request.new_password if request.new_password is not None else request.password
    if password is None:
        raise Invalid("Some values are refused: newPassword.", {"newPassword": "Missing data for required field."})
    return password


def _prepare(sent: str, password: str, begin: Begin, security: Security) -> tuple[User, str]:
    """Whose token it is, and the hash of the password.

    No hash for a token that is used: all that is left to see is whether this is the call that did it.
    """
    with begin(scope=SYSTEM) as uow:
        token, user = OneTimeTokenRepository(uow).peek(sent, Purpose.RESET_PASSWORD)
        terms = personal_terms(user.email or "", user.name, TenantRepository(uow).name_of(user.tenant_id))
    if token.used_at is not None:
        if not security.passwords.matches(password, user.password_hash or None, begin.context.deadline):
            raise BadOneTimeToken
        return user, ""
    security.password_policy.check(password, terms, "newPassword")
    return user, security.passwords.hash(password)


def _set(user: User, token: OneTimeToken, hashed: str, uow: UnitOfWork, security: Security) -> None:
    if not user.is_active or token.email_key not in (None, user.email_key):
        raise BadOneTimeToken  # nobody resets a password from a mailbox that is not the account's any more
    before = facts_of(user)
    user.password_hash = hashed
    user.pending_email = None  # whoever asked for it may be the reason for the new password
    user.updated_at = uow.now
    if token.email_key == user.email_key:
        user.email_verified = True  # who reads the mail has the address
    SessionRepository(uow, security.limits).end_all(user.tenant_id, user.id, EndReason.PASSWORD_RESET)
    RevocationRepository(uow, security.limits.access).renew_access(user)
    OneTimeTokenRepository(uow).withdraw(user, Purpose.MFA_VERIFY, Purpose.MFA_ENROL)
    LoginFailureRepository(uow, security.lockouts).clear(emails.account_key(user.email or ""))
    LetterRepository(uow).order(LetterKind.PASSWORD_CHANGED, user)
    AuditRepository(uow).add("user.password_reset", user, by=user, before=before, after=facts_of(user))
