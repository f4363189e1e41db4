"""Prove an address with the token of the mail that went to it: the one on record, or the one wanted in its place."""

from __future__ import annotations

from services.auth.domain import emails
from services.auth.domain.letters import LetterKind
from services.auth.domain.tokens import Purpose
from services.auth.models import OneTimeToken, User
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.letters import LetterRepository
from services.auth.repository.one_time_tokens import OneTimeTokenRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import BadOneTimeToken, VerifyEmail
from services.common.kit.uow import UnitOfWork


def run(request: VerifyEmail, uow: UnitOfWork) -> None:
    """Raises `BadOneTimeToken`, also when the address is not wanted any more; `EmailTaken` when another was faster."""
    token, user = OneTimeTokenRepository(uow).use(request.token, Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL)
    before = facts_of(user)
    if token.purpose == Purpose.CHANGE_EMAIL:
        _change(user, token, uow)
        action = "user.email_changed"
    elif token.email_key == user.email_key:
        action = "user.email_verified"
    else:
        raise BadOneTimeToken
    user.email_verified = True
    user.updated_at = uow.now
    UserRepository(uow).store()
    AuditRepository(uow).add(action, user, by=user, before=before, after=facts_of(user))


def _change(user: User, token: OneTimeToken, uow: UnitOfWork) -> None:
    """Who reads the old mailbox is told, and can do nothing there any more."""
    if not user.is_active or user.pending_email is None or token.email_key != emails.key_of(user.pending_email):
        raise BadOneTimeToken
    LetterRepository(uow).order(LetterKind.EMAIL_CHANGED, user)
    OneTimeTokenRepository(uow).withdraw(user, Purpose.RESET_PASSWORD, Purpose.VERIFY_EMAIL)
    user.email, user.pending_email = user.pending_email, None
    user.email_key = token.email_key
