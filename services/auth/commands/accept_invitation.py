"""Become a user by the token of an invitation, and sign in."""

from __future__ import annotations

from services.auth import views
from services.auth.adapters.security import Security
from services.auth.domain.passwords import personal_terms
from services.auth.domain.sessions import Origin
from services.auth.domain.tokens import Purpose
from services.auth.models import User
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.one_time_tokens import OneTimeTokenRepository
from services.auth.repository.sign_ins import Challenge, SignInRepository
from services.auth.repository.tenants import TenantRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import (
    AcceptInvitation,
    BadOneTimeToken,
    LoginAnswer,
    Platform,
    Role,
    UserRegisteredV1,
)
from services.common.contracts.idempotency import StillRunning
from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)


def run(request: AcceptInvitation, begin: Begin, security: Security) -> LoginAnswer:
    """Raises `BadOneTimeToken`, `EmailTaken`, or `Invalid` for a bad password, which leaves the token good.

    The same call, brought again because its answer was lost, finds the token used and the password set: it signs in.
    Sent twice at once, it may find that only at the end: `StillRunning`.
    """
    user, hashed = _prepare(request, begin, security)
    with begin(scope=SYSTEM) as uow:
        OneTimeTokenRepository(uow).spend(
            request.token, Purpose.ACCEPT_INVITATION, lambda _, invited: _accept(invited, request, hashed, uow)
        )
        answer = _sign_in(user, hashed, request, uow, security)
    log.info("invitation_accepted", user_id=user.id, address=begin.context.address)
    return answer


def _prepare(request: AcceptInvitation, begin: Begin, security: Security) -> tuple[User, str]:
    """Who is invited, and the hash of the password.

    No hash for a token that is used: all that is left to see is whether this is the call that did it.
    """
    with begin(scope=SYSTEM) as uow:
        token, user = OneTimeTokenRepository(uow).peek(request.token, Purpose.ACCEPT_INVITATION)
        business = TenantRepository(uow).name_of(user.tenant_id)
    if token.used_at is not None:
        stored = (user.password_hash or None) if user.is_active else None
        if not security.passwords.matches(request.password, stored, begin.context.deadline):
            raise BadOneTimeToken
        return user, ""
    terms = personal_terms(user.email or "", request.name or user.name, business)
    security.password_policy.check(request.password, terms)
    return user, security.passwords.hash(request.password)


def _accept(user: User, request: AcceptInvitation, hashed: str, uow: UnitOfWork) -> None:
    if user.invited_at is None:
        raise BadOneTimeToken
    before = facts_of(user)
    user.email_key, user.invited_email_key, user.invited_at = user.invited_email_key, None, None
    user.name = request.name or user.name
    user.password_hash = hashed
    user.is_active = user.email_verified = True
    user.updated_at = uow.now
    UserRepository(uow).store()
    uow.publish(UserRegisteredV1(user_id=user.id, role=Role(user.role)), tenant_id=user.tenant_id)
    AuditRepository(uow).add("user.invitation_accepted", user, by=user, before=before, after=facts_of(user))


def _sign_in(
    accepted: User, hashed: str, request: AcceptInvitation, uow: UnitOfWork, security: Security
) -> LoginAnswer:
    user = UserRepository(uow).reload(accepted)
    if user is None or not user.is_active:
        raise BadOneTimeToken
    if user.password_hash != (hashed or accepted.password_hash):
        # Not what was set or compared: another one since then, or what the same call has just set elsewhere.
        raise StillRunning if hashed else BadOneTimeToken
    origin = Origin(Platform.WEB, request.device, uow.context.address)
    outcome = SignInRepository(uow, security.limits).begin(user, origin)
    if isinstance(outcome, Challenge):
        return views.challenge(outcome.token, outcome.purpose)
    return views.login_answer(user, views.tenant(outcome.tenant), security.tokens.pair(outcome.session, uow.now))
