"""The rules and tools of one process, made from its settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from services.auth.adapters.access_tokens import AccessTokens
from services.auth.adapters.passwords import PasswordHasher
from services.auth.domain.lockout import Lockouts
from services.auth.domain.passwords import PasswordPolicy
from services.auth.domain.sessions import SessionLimits
from services.auth.settings import AuthSettings, parse_signing_keys
from services.common.kit.envelope import KeyRing


@dataclass(frozen=True, slots=True)
class Security:
    """What commands need beside the database."""

    passwords: PasswordHasher
    tokens: AccessTokens
    password_policy: PasswordPolicy
    limits: SessionLimits
    lockouts: Lockouts
    key_ring: KeyRing

    @classmethod
    def from_settings(cls, settings: AuthSettings) -> Self:
        """Hashes once, to have something to compare the password of nobody with."""
        return cls(
            passwords=PasswordHasher(settings.password_memory_kib, settings.password_passes),
            tokens=AccessTokens(
                parse_signing_keys(settings.signing_keys), timedelta(seconds=settings.access_token_seconds)
            ),
            password_policy=settings.password_policy,
            limits=settings.session_limits,
            lockouts=Lockouts(settings.account_lockout, settings.address_lockout),
            key_ring=settings.key_ring(),
        )
