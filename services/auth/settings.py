"""Settings of `auth`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.auth.domain.lockout import LockoutPolicy
from services.auth.domain.passwords import PasswordPolicy
from services.auth.domain.sessions import SessionLimits
from services.common.kit.settings import Secret, Settings, setting


@dataclass(frozen=True)
class AuthSettings(Settings):
    """Read once, when the process starts."""

    database_url: Secret = setting("AUTH_DATABASE_URL", "database of the service, as its own role")
    amqp_url: Secret = setting("AMQP_URL", "broker")
    signing_keys: Secret = setting(
        "AUTH_SIGNING_KEYS", 'JSON list of {"kid", "private_key"} (PEM, P-256): the first signs, all are published'
    )
    access_token_seconds: int = setting("AUTH_ACCESS_TOKEN_SECONDS", "life of an access token", default=900)
    refresh_token_seconds: int = setting(
        "AUTH_REFRESH_TOKEN_SECONDS", "life of a refresh token that nobody uses", default=7 * 86400
    )
    session_seconds: int = setting(
        "AUTH_SESSION_SECONDS", "life of a session, however often it is refreshed", default=30 * 86400
    )
    refresh_grace_seconds: int = setting(
        "AUTH_REFRESH_GRACE_SECONDS", "a used refresh token comes again this soon: two tabs, no theft", default=10
    )
    password_min_length: int = setting("AUTH_PASSWORD_MIN_LENGTH", "shortest new password", default=8)
    password_require_classes: bool = setting(
        "AUTH_PASSWORD_REQUIRE_CLASSES", "ask for upper case, lower case, digit or special character", default=True
    )
    password_waiver_from: int = setting(
        "AUTH_PASSWORD_WAIVER_FROM", "length from which the classes are not asked for; 0 always asks", default=0
    )
    password_memory_kib: int = setting("AUTH_PASSWORD_MEMORY_KIB", "argon2id memory", default=19456)
    password_passes: int = setting("AUTH_PASSWORD_PASSES", "argon2id time cost", default=2)
    allowed_failures: int = setting("AUTH_ALLOWED_FAILURES", "wrong passwords before an account waits", default=5)
    allowed_address_failures: int = setting(
        "AUTH_ALLOWED_ADDRESS_FAILURES", "wrong passwords before an address, shared by an office, waits", default=20
    )
    failure_window_seconds: int = setting("AUTH_FAILURE_WINDOW_SECONDS", "how long a failure counts", default=900)
    longest_delay_seconds: int = setting("AUTH_LONGEST_DELAY_SECONDS", "longest wait after failures", default=60)

    @property
    def password_policy(self) -> PasswordPolicy:
        """What a new password must be like."""
        return PasswordPolicy(
            min_length=self.password_min_length,
            require_classes=self.password_require_classes,
            passphrase_waiver_from=self.password_waiver_from,
        )

    @property
    def session_limits(self) -> SessionLimits:
        """How long sessions and their tokens live."""
        return SessionLimits(
            idle=timedelta(seconds=self.refresh_token_seconds),
            absolute=timedelta(seconds=self.session_seconds),
            grace=timedelta(seconds=self.refresh_grace_seconds),
        )

    @property
    def account_lockout(self) -> LockoutPolicy:
        """For the failures of one account."""
        return self._lockout(self.allowed_failures)

    @property
    def address_lockout(self) -> LockoutPolicy:
        """For the failures from one network."""
        return self._lockout(self.allowed_address_failures)

    def _lockout(self, allowed: int) -> LockoutPolicy:
        return LockoutPolicy(
            allowed_failures=allowed,
            window=timedelta(seconds=self.failure_window_seconds),
            longest=timedelta(seconds=self.longest_delay_seconds),
        )
