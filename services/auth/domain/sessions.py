"""Sessions and their refresh tokens: how long they live, and what a second use of a token means."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta


class EndReason(enum.StrEnum):
    """Why a session is over before its time."""

    LOGGED_OUT = "LOGGED_OUT"
    REUSED = "REUSED"
    ENDED = "ENDED"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105  a name, no password
    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105  a name, no password
    DISABLED = "DISABLED"
    TOO_MANY = "TOO_MANY"


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """`idle` from one refresh to the next, `absolute` from the sign-in, `grace` for two tabs that refresh at once.

    `access` is the life of an access token: so long a session that was ended must be refused by name. `at_once` is how
    many sessions a user may have: one more ends the oldest.
    """

    idle: timedelta = timedelta(days=7)
    absolute: timedelta = timedelta(days=30)
    grace: timedelta = timedelta(seconds=10)
    access: timedelta = timedelta(minutes=15)
    at_once: int = 100

    def token_expires_at(self, now: datetime, session_expires_at: datetime) -> datetime:
        """The end of a token's life: it never outlives its session."""
        return min(now + self.idle, session_expires_at)

    def is_superseded(self, used_at: datetime, now: datetime) -> bool:
        """Whether a used token comes again so soon that nobody need have stolen it."""
        return now - used_at <= self.grace


@dataclass(frozen=True, slots=True)
class Origin:
    """From where somebody signs in."""

    platform: str
    device: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class Bearer:
    """For whom an access token speaks."""

    user_id: str
    tenant_id: str | None
    role: str
    session_id: str
    version: int


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session with the one refresh token that prolongs it. Only here the token exists in the clear."""

    bearer: Bearer
    refresh_token: str


def hash_of(refresh_token: str) -> bytes:
    """The form in which a refresh token is stored. It is random and long, so a fast hash is enough."""
    return hashlib.sha256(refresh_token.encode("utf-8", "surrogatepass")).digest()
