"""Seeds of second factors, sealed, and recovery codes, hashed."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain import second_factor
from services.auth.domain.tokens import Purpose
from services.auth.models import OneTimeToken, RecoveryCode, TotpSeed, User
from services.auth.repository.one_time_tokens import OneTimeTokenRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import BadMfaToken, MfaEnrolled, MfaNotEnrolled
from services.common.kit.envelope import KeyRing, Place
from services.common.kit.uow import UnitOfWork


class SecondFactorRepository:
    """Needs a transaction of the system: at a login nobody is in yet."""

    def __init__(self, uow: UnitOfWork, key_ring: KeyRing) -> None:
        self._uow = uow
        self._session = uow.session
        self._key_ring = key_ring

    def enrollee(self, mfa_token: str | None) -> tuple[User, OneTimeToken | None]:
        """Who may enrol: the caller, or who has just given a password where a second factor is demanded."""
        if mfa_token is None:
            return UserRepository(self._uow).caller(locked=True), None
        found = OneTimeTokenRepository(self._uow).find(mfa_token, Purpose.MFA_ENROL)
        if found is None or not found[1].is_active:
            raise BadMfaToken
        return found[1], found[0]

    def begin(self, user: User, secret: str) -> None:
        """Keep a new seed until its first code comes. Raises `MfaEnrolled`."""
        if user.mfa_enabled:
            raise MfaEnrolled
        facts = {
            "sealed": self._key_ring.seal(secret, _place_of(user)),
            "confirmed_at": None,
            "last_step": second_factor.NEVER,
            "created_at": self._uow.now,
        }
        self._session.execute(
            insert(TotpSeed)
            .values(tenant_id=user.tenant_id, user_id=user.id, **facts)
            .on_conflict_do_update(constraint="totp_seeds_pkey", set_=facts)
        )

    def confirm(self, user: User, code: str) -> bool:
        """Turn the seed on with its first code. Raises `MfaEnrolled`, or `MfaNotEnrolled` without a seed."""
        if user.mfa_enabled:
            raise MfaEnrolled
        seed = self._find(user)
        if seed is None:
            raise MfaNotEnrolled
        if not self._take(seed, user, code):
            return False
        seed.confirmed_at = self._uow.now
        user.mfa_enabled = True
        return True

    def use_code(self, user: User, code: str) -> bool:
        """Whether the code is good. Its step, and all before it, are not good again."""
        seed = self._find(user)
        return seed is not None and seed.confirmed_at is not None and self._take(seed, user, code)

    def use_recovery_code(self, user: User, code: str) -> bool:
        """Whether the recovery code is good. It is not good again."""
        used = (
            sa.update(RecoveryCode)
            .where(RecoveryCode.tenant_id == user.tenant_id, RecoveryCode.user_id == user.id)
            .where(RecoveryCode.code_hash == second_factor.recovery_hash_of(code), RecoveryCode.used_at.is_(None))
            .values(used_at=self._uow.now)
            .returning(RecoveryCode.user_id)
        )
        return self._session.execute(used).one_or_none() is not None

    def renew_recovery_codes(self, user: User) -> list[str]:
        """New codes in place of the old ones. Only here they exist in the clear."""
        self._drop_recovery_codes(user)
        codes = second_factor.new_recovery_codes()
        self._session.add_all(
            RecoveryCode(
                tenant_id=user.tenant_id, user_id=user.id, code_hash=second_factor.recovery_hash_of(code), used_at=None
            )
            for code in codes
        )
        return codes

    def drop(self, user: User) -> None:
        """No second factor any more. Raises `MfaNotEnrolled`."""
        if not user.mfa_enabled:
            raise MfaNotEnrolled
        user.mfa_enabled = False
        self._drop_recovery_codes(user)
        self._session.execute(
            sa.delete(TotpSeed).where(TotpSeed.tenant_id == user.tenant_id, TotpSeed.user_id == user.id)
        )

    def _find(self, user: User) -> TotpSeed | None:
        """Locked: of one code at many doors at once, one is let in."""
        wanted = sa.select(TotpSeed).where(TotpSeed.tenant_id == user.tenant_id, TotpSeed.user_id == user.id)
        return self._session.scalar(wanted.with_for_update().execution_options(populate_existing=True))

    def _take(self, seed: TotpSeed, user: User, code: str) -> bool:
        secret = self._key_ring.open(seed.sealed, _place_of(user))
        step = second_factor.step_of(secret, code, self._uow.now, seed.last_step)
        if step is None:
            return False
        seed.last_step = step
        return True

    def _drop_recovery_codes(self, user: User) -> None:
        mine = sa.and_(RecoveryCode.tenant_id == user.tenant_id, RecoveryCode.user_id == user.id)
        self._session.execute(sa.delete(RecoveryCode).where(mine))


def _place_of(user: User) -> Place:
    return _place(user.tenant_id, user.id)


def _place(tenant_id: str, user_id: str) -> Place:
    return Place(tenant_id, "totp_seeds", "sealed", user_id)
