"""Delete sessions that ran out a while ago and failures that no longer count."""

from __future__ import annotations

from datetime import timedelta

from services.auth.adapters.security import Security
from services.auth.repository.login_failures import LoginFailureRepository
from services.auth.repository.sessions import SessionRepository
from services.common.kit.uow import UnitOfWork

_SESSIONS_KEPT = timedelta(days=7)
"""Long enough to look into a theft that was noticed late."""


def run(uow: UnitOfWork, security: Security) -> None:
    """Run from time to time."""
    SessionRepository(uow, security.limits).delete_expired(_SESSIONS_KEPT)
    window = max(security.account_lockout.window, security.address_lockout.window)
    LoginFailureRepository(uow).delete_older_than(window)
