"""Tables of `auth`.

Row-level security shows the service the users and sessions of one tenant. Signing in, refreshing and registering begin
without a tenant: they run as the system role, on the tables that the first migration lists for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from services.common.kit.database import COLUMN_TYPES, TenantOwned, new_metadata

_Id = sa.Uuid(as_uuid=False)


class Base(DeclarativeBase):
    """Base of this service's tables."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES


def _of_user() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE")


class User(TenantOwned, Base):
    """Somebody who logs in. A super admin belongs to `tenancy.NO_TENANT`."""

    __tablename__ = "users"
    __table_args__: tuple[Any, ...] = (
        sa.Index("users_tenant_id_telegram_id_key", "tenant_id", "telegram_id", unique=True),
        sa.Index("users_tenant_id_invited_email_key_key", "tenant_id", "invited_email_key", unique=True),
        sa.Index(None, "tenant_id", "created_at", "id"),
    )

    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(unique=True)
    """One e-mail, one user in the platform, whatever its case. Nobody gets one by being invited."""
    pending_email: Mapped[str | None]
    """The address that the user wants instead, until a mail to it is answered."""
    name: Mapped[str]
    role: Mapped[str]
    is_active: Mapped[bool]
    email_verified: Mapped[bool]
    password_hash: Mapped[str]
    token_version: Mapped[int]
    """Goes up when all access tokens of the user must stop being good."""
    invited_at: Mapped[datetime | None]
    """Set until the invitation is accepted. Such a user is not active and has no password."""
    invited_email_key: Mapped[str | None]
    salon_ids: Mapped[list[str]] = mapped_column(ARRAY(_Id), server_default="{}", default=list)
    mfa_enabled: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    telegram_id: Mapped[str | None]
    locale: Mapped[str | None]
    last_login_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Registration(TenantOwned, Base):
    """An owner whose tenant is being made: it becomes a user, `id` and all, once the tenant is there."""

    __tablename__ = "registrations"

    email_key: Mapped[str] = mapped_column(unique=True)
    attempt_id: Mapped[str] = mapped_column(_Id)
    """Of the request that wrote the row last. Only that one may finish it, because the password is its own."""
    email: Mapped[str]
    name: Mapped[str]
    password_hash: Mapped[str]
    tenant_name: Mapped[str]
    plan: Mapped[str]
    timezone: Mapped[str | None]
    locale: Mapped[str | None]
    created_at: Mapped[datetime]
    attempted_at: Mapped[datetime] = mapped_column(index=True)


class Tenant(Base):
    """A copy of the facts that `tenants` publishes, to be shown beside the user."""

    __tablename__ = "tenants"

    tenant_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    name: Mapped[str]
    slug: Mapped[str]
    plan: Mapped[str]
    status: Mapped[str]
    timezone: Mapped[str]
    locale: Mapped[str]
    currency: Mapped[str]
    mfa_required: Mapped[bool] = mapped_column(server_default=sa.false(), default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class AuthSession(TenantOwned, Base):
    """A family of refresh tokens: one sign-in on one device."""

    __tablename__ = "sessions"
    __table_args__: tuple[Any, ...] = (
        _of_user(),
        sa.Index(None, "tenant_id", "user_id", postgresql_where=sa.text("ended_at is null")),
        sa.Index(None, "expires_at"),
    )

    user_id: Mapped[str] = mapped_column(_Id)
    platform: Mapped[str]
    device: Mapped[str | None]
    address: Mapped[str | None]
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    """Absolute: no refresh prolongs it."""
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]


class RefreshToken(Base):
    """One refresh token, by its SHA-256. Used ones stay until they run out, so that a second use is seen."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant_id", "session_id"], ["sessions.tenant_id", "sessions.id"], ondelete="CASCADE"),
        sa.Index(None, "tenant_id", "session_id"),
        sa.Index(None, "expires_at"),
    )

    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    tenant_id: Mapped[str] = mapped_column(_Id)
    session_id: Mapped[str] = mapped_column(_Id)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class LoginFailure(Base):
    """Recent failures to sign in, of an account (existing or not) or from a network."""

    __tablename__ = "login_failures"

    key: Mapped[str] = mapped_column(primary_key=True)
    failed_at: Mapped[list[datetime]] = mapped_column(ARRAY(sa.DateTime(timezone=True)))
    last_failed_at: Mapped[datetime] = mapped_column(index=True)


class OneTimeToken(Base):
    """A token from a mail or of a login that waits for its second factor, by its SHA-256."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        _of_user(),
        sa.Index(None, "tenant_id", "user_id", "purpose"),
        sa.Index(None, "expires_at"),
    )

    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    tenant_id: Mapped[str] = mapped_column(_Id)
    user_id: Mapped[str] = mapped_column(_Id)
    purpose: Mapped[str]
    email_key: Mapped[str | None]
    """The address that a mail went to: the token proves that one."""
    platform: Mapped[str | None]
    """Of a login: where it came from."""
    failures: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Letter(TenantOwned, Base):
    """A mail on its way. The token in it is sealed until it has left; the address goes then, too."""

    __tablename__ = "letters"
    __table_args__: tuple[Any, ...] = (
        sa.Index(None, "account", "kind", "created_at"),
        sa.Index(None, "created_at"),
    )

    user_id: Mapped[str | None] = mapped_column(_Id)
    """None of a forgotten password: who has the address is looked up when the letter is written."""
    kind: Mapped[str]
    account: Mapped[str]
    """The address without being readable, to count by."""
    email: Mapped[str | None]
    sealed_token: Mapped[str | None]
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    outcome: Mapped[str | None]


class TotpSeed(Base):
    """The second factor of a user, sealed."""

    __tablename__ = "totp_seeds"
    __table_args__ = (_of_user(),)

    tenant_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    user_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    sealed: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int]
    """The latest step of 30 seconds of which a code was taken: neither it nor an earlier one is taken again."""
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """Stands in for the second factor once. Random and long, so a fast hash is enough."""

    __tablename__ = "recovery_codes"
    __table_args__ = (_of_user(),)

    tenant_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    user_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None]


class ApiKey(TenantOwned, Base):
    """A credential of a program, by its SHA-256."""

    __tablename__ = "api_keys"
    __table_args__: tuple[Any, ...] = (
        sa.Index(None, "tenant_id", "created_at", "id"),
        sa.Index(None, "created_at", postgresql_where=sa.text("sealed_key is not null")),
    )

    name: Mapped[str]
    prefix: Mapped[str]
    last4: Mapped[str]
    key_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, unique=True)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(sa.Text()))
    rate_limit_per_minute: Mapped[int | None]
    expires_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    replaced_by: Mapped[str | None] = mapped_column(_Id)
    created_by: Mapped[str | None] = mapped_column(_Id)
    sealed_key: Mapped[str | None]
    """The whole key, as long as its request may be repeated."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Revocation(Base):
    """What is refused although its credential has not run out."""

    __tablename__ = "revocations"
    __table_args__ = (sa.Index(None, "expires_at"),)

    tenant_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    version: Mapped[int | None]
    expires_at: Mapped[datetime]


class TelegramLogin(Base):
    """A proof from Telegram's Login Widget that was used: it comes by a URL, which others may see."""

    __tablename__ = "telegram_logins"
    __table_args__ = (sa.Index(None, "expires_at"),)

    tenant_id: Mapped[str] = mapped_column(_Id, primary_key=True)
    proof: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]


class AuditRow(TenantOwned, Base):
    """Something that happened. The service may add rows and read them, no more."""

    __tablename__ = "audit_log"
    __table_args__: tuple[Any, ...] = (
        sa.Index(None, "tenant_id", "at", "id"),
        sa.Index(None, "tenant_id", "actor_id", "at", "id"),
        sa.Index(None, "tenant_id", "action", "at", "id"),
        sa.Index(None, "tenant_id", "target_id", "at", "id"),
    )

    at: Mapped[datetime]
    actor_type: Mapped[str]
    actor_id: Mapped[str | None] = mapped_column(_Id)
    action: Mapped[str]
    target_type: Mapped[str | None]
    target_id: Mapped[str | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    source: Mapped[str]
