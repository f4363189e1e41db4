"""A fresh proof that it is the caller indeed, for what a stolen access token must not be enough for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from services.auth.domain.lockout import Lockouts
from services.auth.domain.sessions import SessionLimits
from services.auth.models import User
from services.auth.repository.audit import AuditRepository
from services.auth.repository.login_failures import LoginFailureRepository
from services.auth.repository.second_factors import SecondFactorRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import ProofNeeded
from services.common.contracts.errors import ServiceError
from services.common.kit.begin import Begin
from services.common.kit.envelope import KeyRing
from services.common.kit.uow import SYSTEM, UnitOfWork

_FRESH = timedelta(minutes=10)


class Proof(Protocol):
    """What a request may bring; the password is compared before."""

    @property
    def code(self) -> str | None: ...

    @property
    def recovery_code(self) -> str | None: ...

    @property
    def password(self) -> str | None: ...

    @property
    def session_id(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class PasswordProof:
    """Of somebody who has no second factor to prove it with."""

    password: str | None
    session_id: str | None
    code: None = None
    recovery_code: None = None


class Rules(Protocol):
    """By what a proof is judged."""

    @property
    def key_ring(self) -> KeyRing: ...

    @property
    def lockouts(self) -> Lockouts: ...

    @property
    def limits(self) -> SessionLimits: ...


def compare_password(sent: str | None, begin: Begin, matches: Callable[[str, str | None, float | None], bool]) -> bool:
    """Whether a password was sent that is the caller's. Outside of any transaction, because it takes its time."""
    if sent is None:
        return False
    with begin(scope=SYSTEM) as uow:
        user = UserRepository(uow).caller()
    return matches(sent, user.password_hash or None, begin.context.deadline)


class ProofRepository:
    """Needs a transaction of the system, which commits even when the proof is bad: the failure stays counted."""

    def __init__(self, uow: UnitOfWork, rules: Rules) -> None:
        self._uow = uow
        self._factors = SecondFactorRepository(uow, rules.key_ring)
        self._failures = LoginFailureRepository(uow, rules.lockouts)
        self._sessions = SessionRepository(uow, rules.limits)

    def refuse(self, user: User, proof: Proof, *, password_matches: bool) -> ServiceError | None:
        """Why the proof is not good; None when it is."""
        if proof.code is None and proof.recovery_code is None and proof.password is None:
            return None if self._is_fresh(user, proof.session_id) else ProofNeeded()
        account = f"mfa:{user.id}"
        locked_out = self._failures.hold(account)
        if locked_out is not None:
            return locked_out
        if not (password_matches or self._has_good_code(user, proof)):
            self._failures.count(account)
            AuditRepository(self._uow).add("user.proof_refused", user)
            return ProofNeeded()
        self._failures.clear(account)
        return None

    def _has_good_code(self, user: User, proof: Proof) -> bool:
        if proof.code is not None:
            return self._factors.use_code(user, proof.code)
        return proof.recovery_code is not None and self._factors.use_recovery_code(user, proof.recovery_code)

    def _is_fresh(self, user: User, session_id: str | None) -> bool:
        session = None if session_id is None else self._sessions.find_of(user, session_id)
        return session is not None and session.created_at > self._uow.now - _FRESH
