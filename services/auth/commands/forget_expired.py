"""Delete what has run out: sessions, tokens, letters, revocations, failures that no longer count."""

from __future__ import annotations

from datetime import timedelta

from services.auth.adapters.security import Security
from services.auth.repository.api_keys import ApiKeyRepository
from services.auth.repository.letters import LetterRepository
from services.auth.repository.login_failures import LoginFailureRepository
from services.auth.repository.one_time_tokens import OneTimeTokenRepository
from services.auth.repository.revocations import RevocationRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.telegram import TelegramRepository
from services.common.kit.uow import UnitOfWork

_SESSIONS_KEPT = timedelta(days=7)
"""Long enough to look into a theft that was noticed late."""


def run(uow: UnitOfWork, security: Security) -> None:
    """Run from time to time."""
    SessionRepository(uow, security.limits).delete_expired(_SESSIONS_KEPT)
    LoginFailureRepository(uow, security.lockouts).delete_old()
    OneTimeTokenRepository(uow).delete_expired()
    RevocationRepository(uow, security.limits.access).delete_expired()
    LetterRepository(uow).delete_old()
    TelegramRepository(uow).delete_expired()
    ApiKeyRepository(uow).forget_sealed()
