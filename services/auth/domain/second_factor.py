"""The second factor: when it is asked for, and which codes are good."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote

import pyotp

from services.auth.domain.tokens import Purpose
from services.common.contracts.auth import Role

ISSUER = "Frontdesk"
STEP_SECONDS = 30
NEVER = -1
"""The step before the first one."""

_TOLERATED_STEPS = 1
"""A clock may be half a minute off either way."""
_CODES, _GROUPS, _GROUP = 10, 4, 6
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that can be taken for another when read from paper."""


def demand_of(role: Role, *, is_enrolled: bool, is_required: bool) -> Purpose | None:
    """What has to follow the password, if anything. A business can ask its own people for it, not its customers."""
    if is_enrolled:
        return Purpose.MFA_VERIFY
    return Purpose.MFA_ENROL if is_required and role is not Role.CUSTOMER else None


def new_secret() -> str:
    """160 random bits in base32, as authenticators want them."""
    return pyotp.random_base32()


def uri_of(secret: str, account: str) -> str:
    """What an authenticator reads from a QR code."""
    return f"otpauth://totp/{ISSUER}:{quote(account)}?secret={secret}&issuer={ISSUER}"


def step_of(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step of 30 seconds that the code is for; None for a wrong one, and for a step that is over or used."""
    present = int(now.timestamp()) // STEP_SECONDS
    clean = "".join(code.split())
    totp = pyotp.TOTP(secret)
    steps = range(present - _TOLERATED_STEPS, present + _TOLERATED_STEPS + 1)
    good = [step for step in steps if hmac.compare_digest(totp.at(step * STEP_SECONDS).encode(), _bytes_of(clean))]
    return next((step for step in good if step > last_step), None)


def new_recovery_codes() -> list[str]:
    """Ten codes of 24 characters, 118 bits each: so long that a fast hash of them can't be guessed."""
    return ["-".join(_group() for _ in range(_GROUPS)) for _ in range(_CODES)]


def recovery_hash_of(code: str) -> bytes:
    """The form in which a recovery code is stored, whatever the case and the hyphens it was typed with."""
    clean = "".join(character for character in code.casefold() if character.isalnum())
    return hashlib.sha256(_bytes_of(clean)).digest()


def _group() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(_GROUP))


def _bytes_of(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
