"""Tokens that are good once: what each is for, and for how long."""

from __future__ import annotations

import enum
import hashlib
import secrets
from datetime import timedelta

_BYTES = 32


class Purpose(enum.StrEnum):
    """What a token does. One for one purpose is nothing for another."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    CHANGE_EMAIL = "CHANGE_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105  a name, no password
    ACCEPT_INVITATION = "ACCEPT_INVITATION"
    MFA_VERIFY = "MFA_VERIFY"
    MFA_ENROL = "MFA_ENROL"


LIFETIME = {
    Purpose.VERIFY_EMAIL: timedelta(hours=24),
    Purpose.CHANGE_EMAIL: timedelta(hours=24),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
    Purpose.ACCEPT_INVITATION: timedelta(days=7),
    Purpose.MFA_VERIFY: timedelta(minutes=5),
    Purpose.MFA_ENROL: timedelta(minutes=15),
}
"""How long each is good."""

MOST_FAILURES = 5
"""Wrong codes with one token; then the login must begin anew."""


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(_BYTES)


def hash_of(token: str) -> bytes:
    """The form in which a token is stored. It is random and long, so a fast hash is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
