"""Want another e-mail address: it becomes the account's when the mail to it is answered."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.domain import emails
from services.auth.domain.letters import LetterKind
from services.auth.domain.tokens import Purpose
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.letters import LetterRepository
from services.auth.repository.one_time_tokens import OneTimeTokenRepository
from services.auth.repository.proofs import ProofRepository, compare_password
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import ChangeEmail, EmailTaken
from services.common.contracts.errors import ServiceError
from services.common.kit.begin import Begin
from services.common.kit.uow import SYSTEM, UnitOfWork


def run(request: ChangeEmail, begin: Begin, security: Security) -> None:
    """Raises `EmailTaken`, `ProofNeeded`, `LockedOut` or `TooManyLetters`. One's own address takes a wish back."""
    matches = compare_password(request.password, begin, security.passwords.matches)
    with begin(scope=SYSTEM) as uow:
        refused = _want(request, uow, security, password_matches=matches)
    if refused is not None:
        raise refused


def _want(request: ChangeEmail, uow: UnitOfWork, security: Security, *, password_matches: bool) -> ServiceError | None:
    users = UserRepository(uow)
    user = users.caller(locked=True)
    refused = ProofRepository(uow, security).refuse(user, request, password_matches=password_matches)
    if refused is not None:
        return refused
    owner = users.find_by_email(request.email)
    if owner is not None and owner.id != user.id:
        raise EmailTaken
    before, address = facts_of(user), emails.normalise(request.email)
    OneTimeTokenRepository(uow).withdraw(user, Purpose.CHANGE_EMAIL)
    user.pending_email = None if address == user.email else address
    if user.pending_email is not None:
        LetterRepository(uow).order_to_pending(LetterKind.CHANGE_EMAIL, user)
    if facts_of(user) != before:
        user.updated_at = uow.now
        AuditRepository(uow).add("user.email_change_asked", user, before=before, after=facts_of(user))
    return None
