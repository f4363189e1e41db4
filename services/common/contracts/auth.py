"""What the world may know about `auth`: accounts, sessions, keys of machines, the audit log.

Who is allowed to call stands at each request: `public` needs no credential, `any` any signed-in user, a role the least
one. Where a request has a `session_id` that its docstring calls the caller's own, the gateway fills it from the access
token (`sid`), never from what the client sent.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Any

from marshmallow import validate

from services.common.contracts.audit import ActorType
from services.common.contracts.base import UNSET, Event, Request, Unset, View
from services.common.contracts.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    RateLimited,
    Unauthenticated,
)
from services.common.contracts.paging import Cursor, Limit, PageNumber, Pagination
from services.common.contracts.schema import Documented
from services.common.contracts.tenants import PlanCode, Slug, Tenant
from services.common.contracts.types import CommaList, DayOrInstant, Email, Id, Name, ShortText

SERVICE = "auth"

Password = Annotated[
    str, validate.Length(min=1, max=1000), Documented(format="password", example="Correct-horse-7", writeOnly=True)
]
"""Any text: what a new password must be like is `auth`'s rule, and a wrong one at login must not say why."""

Device = Annotated[str, validate.Length(max=500), Documented(example="Firefox on Linux")]
"""What the client calls itself, for the list of sessions; the gateway puts the `User-Agent` where it says nothing."""

_LONGEST_TOKEN = 4096
"""As long as any token of ours: one in the wrong place is a bad token like another, not a text that is too long."""

RefreshTokenText = Annotated[str, validate.Length(min=1, max=_LONGEST_TOKEN), Documented(writeOnly=True)]

OneTimeToken = Annotated[
    str,
    validate.Length(min=1, max=_LONGEST_TOKEN),
    Documented(example="q7Zk1n3oV9wT0sYh2LxB4cEr6mUa8dFg", writeOnly=True),
]
"""From a mail or from a login: good once, for a while."""

TotpCode = Annotated[str, validate.Length(min=1, max=20), Documented(example="492039", writeOnly=True)]
RecoveryCode = Annotated[str, validate.Length(min=1, max=40), Documented(example="k7wd2-9xq4m", writeOnly=True)]
Locale = Annotated[
    str, validate.Regexp(r"^[a-zA-Z]{2,3}(?:-[a-zA-Z0-9]{2,8})*$", error="Must be a language tag such as de or pt-BR.")
]
SalonIds = Annotated[list[Id], validate.Length(max=200)]
Scope = Annotated[
    str,
    validate.Regexp(r"^[a-z][a-z-]*:(?:read|write)$", error="Must be <collection>:read or <collection>:write."),
    Documented(example="messages:write"),
]


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


class UserStatus(enum.StrEnum):
    """Where an account stands. Only an `ACTIVE` one can sign in."""

    ACTIVE = "ACTIVE"
    INVITED = "INVITED"
    DISABLED = "DISABLED"


class User(View):
    """Somebody who logs in. A super admin has no tenant; who came by Telegram may have no e-mail address."""

    id: Id
    tenant_id: Id | None
    email: str | None
    pending_email: Annotated[
        str | None, Documented(description="The address wanted instead, until the mail to it is answered.")
    ] = None
    name: str
    role: Role
    is_active: bool
    email_verified: bool
    status: UserStatus
    salon_ids: Annotated[
        list[Id],
        Documented(description="A manager with salons changes only users within them; none: no limit."),
    ]
    mfa_enabled: bool
    telegram_linked: bool
    locale: str | None
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


class LoginAnswer(View):
    """A new session with its tokens; or, when a second factor is wanted, only how to go on.

    With `mfaRequired`, `mfaToken` goes to `POST /auth/mfa/verify` with a code. With `enrolmentRequired` as well, the
    business asks for a second factor that the user does not have yet: the same token then goes to `/auth/mfa/totp` and
    `/auth/mfa/totp/confirm`, which need no other credential with it, and is good for nothing else.
    """

    user: User | Unset = UNSET
    tenant: Tenant | Unset | None = UNSET
    token: str | Unset = UNSET
    refresh_token: str | Unset = UNSET
    expires_in: int | Unset = UNSET
    mfa_required: bool | Unset = UNSET
    mfa_token: str | Unset = UNSET
    enrolment_required: bool | Unset = UNSET


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
    """A new tenant with its owner; with `salonSlug` instead a customer of that salon's tenant."""

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
    salon_slug: Slug | None = None
    device: Device | None = None


class Login(Request[LoginAnswer], service=SERVICE, method="login"):
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


class UpdateMe(Request[Me], service=SERVICE, method="update_me"):
    """Change the caller's own account. Any."""

    EXAMPLE = {"name": "Rosa Meyer", "locale": "de"}

    name: Name | Unset = UNSET
    locale: Locale | Unset | None = UNSET


class ChangePassword(Request[None], service=SERVICE, method="change_password"):
    """Set a new password; the caller's other sessions end. Any. `session_id` is the caller's own, which goes on.

    A wrong current password is `auth.bad_credentials`, and after some of them `auth.locked_out`, as at a login.
    """

    EXAMPLE = {"currentPassword": "Correct-horse-7", "newPassword": "Better-battery-8"}

    current_password: Password
    new_password: Password
    session_id: Id | None = None


class ChangeEmail(Request[None], service=SERVICE, method="change_email"):
    """Ask for another e-mail address; it is the caller's once the mail to it is answered by `VerifyEmail`. Any.

    Proof as for `DisableTotp`. Until then the present address stays; naming it again takes the wish back.
    """

    EXAMPLE = {"email": "rosa.meyer@salon.example", "password": "Correct-horse-7"}

    email: Email
    code: TotpCode | None = None
    recovery_code: RecoveryCode | None = None
    password: Password | None = None
    session_id: Id | None = None


class SendVerification(Request[None], service=SERVICE, method="send_verification"):
    """Send the caller a mail that proves the address is theirs; nothing happens when it is proved already. Any."""


class VerifyEmail(Request[None], service=SERVICE, method="verify_email"):
    """Prove an e-mail address, the present one or one that is wanted, with the token of the mail. Public.

    The token is good for 24 hours. 409 `auth.email_taken` when somebody else has the wanted address meanwhile.
    """

    token: OneTimeToken


class ForgotPassword(Request[None], service=SERVICE, method="forgot_password"):
    """Ask for a mail with a link to set a new password. Public; the answer is the same whether there is an account."""

    EXAMPLE = {"email": "admin@demo.com"}

    email: Annotated[str, validate.Length(min=1, max=254), Documented(example="admin@demo.com")]


class ResetPassword(Request[None], service=SERVICE, method="reset_password"):
    """Set a new password with the token of the mail, good for one hour; all sessions end. Public.

    It does not sign in. `newPassword` may be called `password`.
    """

    EXAMPLE = {"token": "q7Zk1n3oV9wT0sYh2LxB4cEr6mUa8dFg", "newPassword": "Better-battery-8"}

    token: OneTimeToken
    new_password: Password | None = None
    password: Password | None = None


class SessionView(View):
    """One sign-in on one device."""

    id: Id
    platform: Platform
    device: str | None
    address: str | None
    is_current: bool
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime


class SessionPage(View):
    """A page of open sessions."""

    sessions: list[SessionView]
    pagination: Pagination


class ListSessions(Request[SessionPage], service=SERVICE, method="list_sessions"):
    """The caller's open sessions, the newest first. Any. `session_id` is the caller's own, to mark it.

    With `userId` those of a user whom the caller may change, for which `MANAGER` is the least role.
    """

    user_id: Id | None = None
    session_id: Id | None = None
    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None


class EndSession(Request[None], service=SERVICE, method="end_session"):
    """End one session, named by `session_id`, of the caller or of a user whom the caller may change. Any."""

    session_id: Id


class TotpEnrolment(View):
    """The seed of a second factor, shown once. It counts only after a code of it was confirmed."""

    secret: Annotated[str, Documented(example="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", description="base32")]
    otpauth_uri: Annotated[str, Documented(example="otpauth://totp/Frontdesk:rosa%40salon.example?secret=JBSW…")]


class RecoveryCodes(View):
    """Codes that each stand in for the second factor once. Shown once."""

    recovery_codes: Annotated[list[str], Documented(example=["k7wd2-9xq4m", "p3vn8-h6tzc"])]


class TotpConfirmed(View):
    """The second factor is on. `signedIn` comes when `mfaToken` was sent."""

    recovery_codes: Annotated[list[str], Documented(example=["k7wd2-9xq4m", "p3vn8-h6tzc"])]
    signed_in: SignedIn | Unset = UNSET


class EnrolTotp(Request[TotpEnrolment], service=SERVICE, method="enrol_totp"):
    """Begin with a second factor. Any; or no credential but the `mfaToken` of a login with `enrolmentRequired`.

    A caller needs the password or a session ten minutes old, else it is `auth.proof_needed`. An enrolment that is not
    confirmed yet is replaced; one that is, is `auth.mfa_enrolled`.
    """

    mfa_token: OneTimeToken | None = None
    password: Password | None = None
    session_id: Id | None = None


class ConfirmTotp(Request[TotpConfirmed], service=SERVICE, method="confirm_totp"):
    """Turn the second factor on with its first code. Credentials as for `EnrolTotp`; with `mfaToken` it signs in."""

    EXAMPLE = {"code": "492039"}

    code: TotpCode
    mfa_token: OneTimeToken | None = None
    device: Device | None = None


class DisableTotp(Request[None], service=SERVICE, method="disable_totp"):
    """Turn the second factor off. Any. Needs a code, a recovery code, the password, or a session ten minutes old.

    `session_id` is the caller's own. Without good proof it is `auth.proof_needed`.
    """

    EXAMPLE = {"code": "492039"}

    code: TotpCode | None = None
    recovery_code: RecoveryCode | None = None
    password: Password | None = None
    session_id: Id | None = None


class RegenerateRecoveryCodes(Request[RecoveryCodes], service=SERVICE, method="regenerate_recovery_codes"):
    """New recovery codes; the old ones stop being good. Any. Proof as for `DisableTotp`."""

    EXAMPLE = {"code": "492039"}

    code: TotpCode | None = None
    recovery_code: RecoveryCode | None = None
    password: Password | None = None
    session_id: Id | None = None


class VerifyMfa(Request[SignedIn], service=SERVICE, method="verify_mfa"):
    """Finish a login with the second factor: exactly one of `code` and `recoveryCode`. Public, limited like a login."""

    EXAMPLE = {"mfaToken": "q7Zk1n3oV9wT0sYh2LxB4cEr6mUa8dFg", "code": "492039"}

    mfa_token: OneTimeToken
    code: TotpCode | None = None
    recovery_code: RecoveryCode | None = None
    device: Device | None = None


class LoginWithTelegram(Request[LoginAnswer], service=SERVICE, method="login_with_telegram"):
    """Sign in by Telegram: as the user linked to that person, else as a customer of the salon's tenant. Public.

    Of an owner it takes a second factor as well (`auth.mfa_needed` without one): who keeps the bot's token could sign
    for anybody.

    Exactly one of `widget` and `initData`. `widget` holds every field of Telegram's Login Widget as it came (`id`,
    `auth_date`, `hash` …): the gateway takes them from the body, where they stand beside `salonSlug`.
    """

    EXAMPLE = {
        "salonSlug": "rosa-mitte",
        "widget": {"id": 987654321, "first_name": "Anna", "auth_date": 1700000000, "hash": "d9ae3b79c4a0…"},
    }

    salon_slug: Slug
    widget: dict[str, Any] | None = None
    init_data: Annotated[str, validate.Length(min=1, max=8000)] | None = None
    device: Device | None = None


class LinkTelegram(Request[Me], service=SERVICE, method="link_telegram"):
    """Link the caller's account to a person in Telegram, proved as in `LoginWithTelegram`. Any.

    Of oneself proof is needed as for `DisableTotp`. 409 `auth.telegram_taken` when another user of the tenant is linked
    to that person.
    """

    EXAMPLE = {"salonSlug": "rosa-mitte", "initData": "user=%7B%22id%22%3A987654321%7D&auth_date=1700000000&hash=7bb5…"}

    salon_slug: Slug
    widget: dict[str, Any] | None = None
    init_data: Annotated[str, validate.Length(min=1, max=8000)] | None = None
    code: TotpCode | None = None
    recovery_code: RecoveryCode | None = None
    password: Password | None = None
    session_id: Id | None = None


class UnlinkTelegram(Request[Me], service=SERVICE, method="unlink_telegram"):
    """Undo `LinkTelegram`. Any."""


class UserPage(View):
    """A page of users."""

    users: list[User]
    pagination: Pagination


class InviteUser(Request[User], service=SERVICE, method="invite_user"):
    """Invite somebody to the caller's tenant by e-mail. MANAGER; not above the caller's own role."""

    EXAMPLE = {"email": "ann@salon.example", "role": "STAFF", "name": "Ann Weber"}

    email: Email
    role: Role = Role.STAFF
    name: Name | None = None
    salon_ids: SalonIds | None = None


class ResendInvitation(Request[None], service=SERVICE, method="resend_invitation"):
    """Send the invitation anew, with a new token. MANAGER. Of somebody who has accepted it is `auth.not_invited`."""

    user_id: Id


class ListUsers(Request[UserPage], service=SERVICE, method="list_users"):
    """The tenant's users, oldest first; customers only when `role` asks for them. MANAGER."""

    role: Role | None = None
    status: UserStatus | None = None
    salon_id: Id | None = None
    search: ShortText | None = None
    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None


class GetUser(Request[User], service=SERVICE, method="get_user"):
    """One user of the caller's tenant. MANAGER."""

    user_id: Id


class UpdateUser(Request[User], service=SERVICE, method="update_user"):
    """Change a user of the caller's tenant. MANAGER; nobody changes who stands above, or raises anybody above.

    Nobody changes their own role or disables themselves: `auth.own_account`. The last active owner stays one:
    `auth.last_owner`.
    """

    EXAMPLE = {"userId": "01936f2e-8a4b-7c3d-9e5f-0a1b2c3d4e5f", "role": "MANAGER"}

    user_id: Id
    name: Name | Unset = UNSET
    role: Role | Unset = UNSET
    salon_ids: SalonIds | Unset = UNSET
    is_active: bool | Unset = UNSET


class RemoveUser(Request[None], service=SERVICE, method="remove_user"):
    """Take a user out of the tenant; the e-mail address becomes free. MANAGER. Rules as for `UpdateUser`."""

    user_id: Id


class AcceptInvitation(Request[LoginAnswer], service=SERVICE, method="accept_invitation"):
    """Become a user with the token of an invitation, and sign in. Public. 410 when the token is over."""

    EXAMPLE = {"token": "q7Zk1n3oV9wT0sYh2LxB4cEr6mUa8dFg", "name": "Ann Weber", "password": "Correct-horse-7"}

    token: OneTimeToken
    password: Password
    name: Name | None = None
    device: Device | None = None


class ApiKey(View):
    """A credential of a program. Its secret is shown once; later only how it begins and ends."""

    id: Id
    name: str
    prefix: Annotated[str, Documented(example="fd_live_7Hq2")]
    last4: Annotated[str, Documented(example="x9Qa")]
    scopes: list[Scope]
    rate_limit_per_minute: Annotated[int | None, Documented(description="null: the limit of every caller")]
    expires_at: datetime | None
    last_used_at: Annotated[datetime | None, Documented(description="to the nearest minutes")]
    revoked_at: datetime | None
    replaced_by: Annotated[Id | None, Documented(description="The key that a rotation made in its place.")]
    created_by: Id | None
    created_at: datetime
    updated_at: datetime


class NewApiKey(View):
    """A key that was just made: the only time that `key` is shown."""

    api_key: ApiKey
    key: Annotated[str, Documented(example="fd_live_7Hq2mX0aTzLw5RkV8bNcY3sJpQe1UgDi2fK9Qa")]


class ApiKeyPage(View):
    """A page of API keys."""

    api_keys: list[ApiKey]
    pagination: Pagination


class CreateApiKey(Request[NewApiKey], service=SERVICE, method="create_api_key"):
    """Make an API key. OWNER."""

    EXAMPLE = {"name": "Till system", "scopes": ["bookings:read", "messages:write"], "rateLimitPerMinute": 300}

    name: Name
    scopes: Annotated[list[Scope], validate.Length(min=1, max=100)]
    expires_at: datetime | None = None
    rate_limit_per_minute: Annotated[int, validate.Range(min=1, max=100_000)] | None = None


class ListApiKeys(Request[ApiKeyPage], service=SERVICE, method="list_api_keys"):
    """The tenant's API keys, oldest first, revoked ones included. OWNER."""

    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None


class RevokeApiKey(Request[None], service=SERVICE, method="revoke_api_key"):
    """End an API key at once. OWNER. A revoked one stays revoked."""

    api_key_id: Id


class RotateApiKey(Request[NewApiKey], service=SERVICE, method="rotate_api_key"):
    """A new key with the same rights; the old one stays good for the grace period. OWNER."""

    EXAMPLE = {"apiKeyId": "01936f2e-8a4b-7c3d-9e5f-0a1b2c3d4e5f", "graceSeconds": 86400}

    api_key_id: Id
    grace_seconds: Annotated[int, validate.Range(min=0, max=30 * 86400)] = 86400


class ApiKeyPrincipal(View):
    """For whom an API key speaks. It may do what `scopes` say, and nothing that needs more than `role`."""

    api_key_id: Id
    tenant_id: Id
    role: Role
    name: str
    scopes: list[str]
    rate_limit_per_minute: int | None
    expires_at: datetime | None


class FindApiKey(Request[ApiKeyPrincipal], service=SERVICE, method="find_api_key"):
    """Whose key it is, by the SHA-256 of its text in hex. For the gateway alone, which keeps the answer 30 s.

    `auth.bad_api_key` for one that is unknown, revoked or expired. That its tenant is suspended the gateway knows by
    itself, and says so, whether it remembers the key or asks. The call counts as a use of the key.
    `contracts.api_keys.is_well_formed_api_key` refuses what nobody need ask about.
    """

    key_hash: Annotated[str, validate.Regexp(r"^[0-9a-f]{64}$", error="Must be a SHA-256 in hex.")]


class Actor(View):
    """Who did something."""

    type: ActorType
    id: Id | None
    name: str | None


class AuditEntry(View):
    """One line of the audit log. `before` and `after` hold the fields that changed, never a secret."""

    id: Id
    at: datetime
    actor: Actor
    action: Annotated[str, Documented(example="user.role_changed")]
    target_type: Annotated[str | None, Documented(example="user")]
    target_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str | None
    request_id: str | None
    source: Annotated[str, Documented(example="auth", description="The service that told of it.")]


class AuditPage(View):
    """A page of the audit log."""

    entries: list[AuditEntry]
    pagination: Pagination


class ListAuditLog(Request[AuditPage], service=SERVICE, method="list_audit_log"):
    """The tenant's audit log, newest first. OWNER.

    `actor` is the id of a user or key; `action` a whole action or, ending in a dot, all that begin with it; `from` and
    `to` are instants or days in UTC, the first included, the second not (as a day: included).
    """

    actor: Id | None = None
    action: CommaList | None = None
    target_id: ShortText | None = None
    from_: DayOrInstant | None = None
    to: DayOrInstant | None = None
    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None


class RevocationKind(enum.StrEnum):
    """What is refused."""

    SESSION = "SESSION"
    """Access tokens whose `sid` is the id."""
    USER = "USER"
    """Access tokens whose `sub` is the id and whose `ver` is below `version`."""
    KEY = "KEY"
    """The API key with the id."""
    TENANT = "TENANT"
    """Everybody of the tenant with the id: it is suspended. Without an end."""


class Revocation(View):
    """Something that is refused although its credential has not run out."""

    kind: RevocationKind
    id: Id
    version: int | None
    expires_at: Annotated[datetime | None, Documented(description="Nothing it could refuse is left after that.")]


class Revocations(View):
    """All that is refused at present."""

    revocations: list[Revocation]


class ListRevocations(Request[Revocations], service=SERVICE, method="list_revocations"):
    """All revocations that still matter. For the gateway alone.

    Each of its processes first binds a queue of its own to the events that it hears, then asks this and the tenants'
    `ListSuspendedTenants`, so that nothing falls between the two.
    """


class GetJwks(Request[Jwks], service=SERVICE, method="get_jwks"):
    """The keys that access tokens are checked with."""


class UserRegisteredV1(Event, source=SERVICE, type="user.registered.v1"):
    """An account was made and can be used."""

    user_id: Id
    role: Role


class SessionRevokedV1(Event, source=SERVICE, type="session.revoked.v1", heard_by=("gateway",)):
    """A session is over before its time: access tokens with this `sid` are to be refused.

    The gateway's processes hear it by queues that live as long as they do, and load `ListRevocations` when they start.
    """

    session_id: Id
    user_id: Id


class AccessChangedV1(Event, source=SERVICE, type="access.changed.v1", heard_by=("gateway",)):
    """A user's role, status or password changed: access tokens whose `ver` is below `version` are to be refused."""

    user_id: Id
    version: int


class KeyRevokedV1(Event, source=SERVICE, type="key.revoked.v1", heard_by=("gateway",)):
    """An API key is to be refused at once."""

    api_key_id: Id


class LetterOrderedV1(Event, source=SERVICE, type="letter.ordered.v1", consumed_by=("auth",)):
    """A mail is to be written and sent. Internal: `auth` tells itself, so that mail leaves after the commit."""

    letter_id: Id


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


class BadOneTimeToken(Gone):
    """The token is unknown, used or expired; ask for a new one."""

    code = "auth.bad_one_time_token"


class BadMfaToken(Unauthenticated):
    """The login it belongs to is over or had too many wrong codes; log in again."""

    code = "auth.bad_mfa_token"


class BadMfaCode(Unauthenticated):
    """The code is wrong, or was used already."""

    code = "auth.bad_mfa_code"


class WrongCode(Invalid):
    """The code is wrong."""

    code = "auth.wrong_code"


class ProofNeeded(Forbidden):
    """This needs a fresh proof that it is you: a code, a recovery code or the password."""

    code = "auth.proof_needed"


class MfaEnrolled(Conflict):
    """There is a second factor already; turn it off first."""

    code = "auth.mfa_enrolled"


class MfaNotEnrolled(Conflict):
    """There is no second factor, or none that was begun."""

    code = "auth.mfa_not_enrolled"


class MfaDemanded(Forbidden):
    """The business asks all its users for a second factor."""

    code = "auth.mfa_demanded"


class MfaNeeded(Forbidden):
    """Signing in this way takes a second factor, and the account has none."""

    code = "auth.mfa_needed"


class TenantSuspended(Forbidden):
    """The business is suspended."""

    code = "auth.tenant_suspended"


class UserUnknown(NotFound):
    """There is no such user."""

    code = "auth.user_not_found"


class SessionUnknown(NotFound):
    """There is no such session."""

    code = "auth.session_not_found"


class ApiKeyUnknown(NotFound):
    """There is no such API key."""

    code = "auth.api_key_not_found"


class RoleTooHigh(Forbidden):
    """The role, or the user, stands above yours."""

    code = "auth.role_too_high"


class OwnAccount(Forbidden):
    """Nobody changes their own role, disables or removes themselves."""

    code = "auth.own_account"


class LastOwner(Conflict):
    """A business keeps at least one active owner."""

    code = "auth.last_owner"


class NotInvited(Conflict):
    """The user has no open invitation."""

    code = "auth.not_invited"


class ScopeUnknown(Invalid):
    """There is no such scope, or API keys can't have it."""

    code = "auth.scope_unknown"


class ApiKeyOver(Conflict):
    """The API key is revoked, expired or replaced already."""

    code = "auth.api_key_over"


class BadApiKey(Unauthenticated):
    """The API key is unknown, revoked or expired."""

    code = "auth.bad_api_key"


class UserNeeded(Forbidden):
    """Only a signed-in user may do this, no API key."""

    code = "auth.user_needed"


class TelegramTaken(Conflict):
    """Another user is linked to this person in Telegram."""

    code = "auth.telegram_taken"


class TelegramNeeded(Conflict):
    """Telegram is the only way into this account."""

    code = "auth.telegram_needed"


class TooManyLetters(RateLimited):
    """A mail was sent a moment ago."""

    code = "auth.too_many_letters"
