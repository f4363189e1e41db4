"""Prove an address with the token of the mail that went to it."""

from __future__ import annotations

from services.auth.domain.tokens import Purpose
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.one_time_tokens import OneTimeTokenRepository
from services.common.contracts.auth import BadOneTimeToken, VerifyEmail
from services.common.kit.uow import UnitOfWork


def run(request: VerifyEmail, uow: UnitOfWork) -> None:
    """Raises `BadOneTimeToken`, also when the address has changed since."""
    token, user = OneTimeTokenRepository(uow).use(request.token, Purpose.VERIFY_EMAIL)
    if token.email_key != user.email_key:
        raise BadOneTimeToken
    before = facts_of(user)
    user.email_verified = True
    user.updated_at = uow.now
    AuditRepository(uow).add("user.email_verified", user, by=user, before=before, after=facts_of(user))
