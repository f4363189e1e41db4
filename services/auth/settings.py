"""Settings of `auth`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from services.auth.domain.lockout import LockoutPolicy
from services.auth.domain.passwords import PasswordPolicy
from services.auth.domain.sessions import SessionLimits
from services.common.kit.envelope import KeyRing
from services.common.kit.settings import Secret, Settings, SettingsError, setting


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the name by which its public half is found."""

    kid: str
    private_key: EllipticCurvePrivateKey


@dataclass(frozen=True)
class AuthSettings(Settings):
    """Read once, when the process starts."""

    database_url: Secret = setting("AUTH_DATABASE_URL", "database of the service, as its own role")
    amqp_url: Secret = setting("AMQP_URL", "broker")
    signing_keys: Secret = setting(
        "AUTH_SIGNING_KEYS", 'JSON list of {"kid", "private_key"} (PEM, P-256): the first signs, all are published'
    )
    envelope_keys: Secret = setting(
        "AUTH_ENVELOPE_KEYS", "kid:base64 keys that second factors are sealed with: the first seals, all open"
    )
    public_url: str = setting("PUBLIC_URL", "where people find us, for links in mails", default="http://localhost:3000")
    smtp_url: Secret = setting("SMTP_URL", "smtp:// or smtps://; without it mails are not sent", default=Secret())
    mail_from: str = setting("MAIL_FROM", "sender of mails", default="Frontdesk <no-reply@frontdesk.example>")
    mailbox_dir: str = setting("MAILBOX_DIR", "folder that mails are written to where SMTP_URL is not set", default="")
    access_token_seconds: int = setting("AUTH_ACCESS_TOKEN_SECONDS", "life of an access token", default=900)
    refresh_token_seconds: int = setting(
        "AUTH_REFRESH_TOKEN_SECONDS", "life of a refresh token that nobody uses", default=7 * 86400
    )
    session_seconds: int = setting(
        "AUTH_SESSION_SECONDS", "life of a session, however often it is refreshed", default=30 * 86400
    )
    sessions_per_user: int = setting(
        "AUTH_SESSIONS_PER_USER", "sessions of one user at once; one more ends the oldest", default=100
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
        "AUTH_ALLOWED_ADDRESS_FAILURES", "wrong passwords before an address, shared by an office, waits", default=50
    )
    failure_window_seconds: int = setting("AUTH_FAILURE_WINDOW_SECONDS", "how long a failure counts", default=900)
    longest_delay_seconds: int = setting("AUTH_LONGEST_DELAY_SECONDS", "longest wait after failures", default=60)

    def __post_init__(self) -> None:
        parse_signing_keys(self.signing_keys)  # a process that can't sign should not start
        self.key_ring()

    def key_ring(self) -> KeyRing:
        """What second factors, mail tokens and fresh API keys are sealed with."""
        try:
            return KeyRing.from_setting(self.envelope_keys)
        except ValueError as error:
            raise SettingsError(f"AUTH_ENVELOPE_KEYS is malformed: {error}") from error

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
            access=timedelta(seconds=self.access_token_seconds),
            at_once=self.sessions_per_user,
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


def parse_signing_keys(text: str) -> list[SigningKey]:
    """Read `AUTH_SIGNING_KEYS`. Raises `SettingsError`, which never quotes the text."""
    try:
        keys = [_parse_key(entry) for entry in json.loads(text)]
    except (ValueError, TypeError, KeyError, AttributeError):
        raise SettingsError('AUTH_SIGNING_KEYS must be a JSON list of {"kid", "private_key"} with PEM keys') from None
    if not keys or len({key.kid for key in keys}) != len(keys):
        raise SettingsError("AUTH_SIGNING_KEYS must name at least one key, and each by a kid of its own")
    return keys


def _parse_key(entry: dict[str, str]) -> SigningKey:
    private_key = load_pem_private_key(entry["private_key"].encode(), password=None)
    if not isinstance(private_key, EllipticCurvePrivateKey) or not isinstance(private_key.curve, SECP256R1):
        raise TypeError("not a P-256 key")
    return SigningKey(str(entry["kid"]), private_key)
