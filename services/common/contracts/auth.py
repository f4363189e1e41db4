"""What the world may know about `auth`: accounts, sessions and the keys that check access tokens."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Any

from marshmallow import validate

from services.common.contracts.base import Event, Request, View
from services.common.contracts.errors import Conflict, RateLimited, Unauthenticated
from services.common.contracts.schema import Documented
from services.common.contracts.tenants import PlanCode, Tenant
from services.common.contracts.types import Email, Id, Name, ShortText

SERVICE = "auth"

Password = Annotated[
    str, validate.Length(min=1, max=1000), Documented(format="password", example="Correct-horse-7", writeOnly=True)
]
"""Any text: what a new password must be like is `auth`'s rule, and a wrong one at login must not say why."""

Device = Annotated[str, validate.Length(max=500), Documented(example="Firefox on Linux")]
"""What the client calls itself, for the list of sessions; the gateway puts the `User-Agent` where it says nothing."""

RefreshTokenText = Annotated[str, validate.Length(min=1, max=500), Documented(writeOnly=True)]


class Role(enum.StrEnum):
    """Least to most. Names that older clients use are accepted on input."""

    CUSTOMER = "CUSTOMER"
    STAFF = "STAFF"
    MANAGER = "MANAGER"
    OWNER = "OWNER"
    SUPER_ADMIN = "SUPER_ADMIN"

    @classmethod
    def _missing_(cls, value: object) -> Role | None:
        return _OLDER_ROLE_NAMES.get(str(value).upper())

    def at_least(self, least: Role) -> bool:
        """Whether this role may do what `least` may do."""
        return _RANK[self] >= _RANK[least]


_RANK = {role: rank for rank, role in enumerate(Role)}
_OLDER_ROLE_NAMES = {
    "SALON_OWNER": Role.OWNER,
    "SALON_MANAGER": Role.MANAGER,
    "SALON_STAFF": Role.STAFF,
    "ADMIN": Role.MANAGER,
    "AGENT": Role.STAFF,
}


class Platform(enum.StrEnum):
    """Where somebody signs in from."""

    WEB = "WEB"
    TELEGRAM_BOT = "TELEGRAM_BOT"
    MINI_APP = "MINI_APP"
    API = "API"


class User(View):
    """Somebody who logs in. A super admin has no tenant."""

    id: Id
    tenant_id: Id | None
    email: str
    name: str
    role: Role
    is_active: bool
    email_verified: bool
    last_login_at: datetime | None
    created_at: datetime
    updated_at: datetime


class SignedIn(View):
    """A new session. `token` is the access token for `Authorization: Bearer`, `expires_in` its life in seconds."""

    user: User
    tenant: Tenant | None
    token: str
    refresh_token: str
    expires_in: int


class TokenPair(View):
    """The next access and refresh token of a session."""

    token: str
    refresh_token: str
    expires_in: int


class Me(View):
    """Who is asking, and what they may do."""

    user: User
    tenant: Tenant | None
    permissions: list[str]


class Jwks(View):
    """Public keys by `kid` (RFC 7517)."""

    keys: list[dict[str, Any]]


class Register(Request[SignedIn], service=SERVICE, method="register"):
    """A new tenant with its owner."""

    EXAMPLE = {
        "tenantName": "Salon Rosa",
        "email": "rosa@salon.example",
        "password": "Correct-horse-7",
        "name": "Rosa Meyer",
        "timezone": "Europe/Berlin",
    }

    email: Email
    password: Password
    name: Name
    tenant_name: Name | None = None
    plan: PlanCode = PlanCode.BASIC
    timezone: ShortText | None = None
    locale: ShortText | None = None
    device: Device | None = None


class Login(Request[SignedIn], service=SERVICE, method="login"):
    """Sign in with e-mail and password."""

    EXAMPLE = {"email": "admin@demo.com", "password": "Correct-horse-7"}

    email: Annotated[str, validate.Length(min=1, max=254), Documented(example="admin@demo.com")]
    password: Password
    platform: Platform = Platform.WEB
    device: Device | None = None


class Refresh(Request[TokenPair], service=SERVICE, method="refresh"):
    """Exchange a refresh token for the next pair. Each one works once."""

    refresh_token: RefreshTokenText


class Logout(Request[None], service=SERVICE, method="logout"):
    """End the session of the refresh token, or with `all` every session of the caller.

    Without either the gateway names the session of the access token (`sid`).
    """

    refresh_token: RefreshTokenText | None = None
    all: bool = False
    session_id: Id | None = None


class GetMe(Request[Me], service=SERVICE, method="get_me"):
    """The caller's own account."""


class GetJwks(Request[Jwks], service=SERVICE, method="get_jwks"):
    """The keys that access tokens are checked with."""


class UserRegisteredV1(Event, source=SERVICE, type="user.registered.v1"):
    """An account was made and can be used."""

    user_id: Id
    role: Role


class BadCredentials(Unauthenticated):
    """The e-mail address or the password is wrong."""

    code = "auth.bad_credentials"


class LockedOut(RateLimited):
    """Too many failed attempts; try again later."""

    code = "auth.locked_out"


class EmailTaken(Conflict):
    """There is an account with this e-mail address already."""

    code = "auth.email_taken"


class BadRefreshToken(Unauthenticated):
    """The refresh token is unknown, expired or revoked; sign in again."""

    code = "auth.bad_refresh_token"


class RefreshSuperseded(Conflict):
    """The refresh token was used a moment ago; take the pair that its first use gave."""

    code = "auth.refresh_superseded"
