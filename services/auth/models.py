"""Tables of `auth`.

Row-level security shows the service the users and sessions of one tenant. Signing in, refreshing and registering begin
without a tenant: they run as the system role, on the tables that the first migration lists for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
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

    email: Mapped[str]
    email_key: Mapped[str] = mapped_column(unique=True)
    """One e-mail, one user in the platform, whatever its case."""
    name: Mapped[str]
    role: Mapped[str]
    is_active: Mapped[bool]
    email_verified: Mapped[bool]
    password_hash: Mapped[str]
    token_version: Mapped[int]
    """Goes up when all access tokens of the user must stop being good."""
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
    """One refresh token, by its SHA-256. Used ones stay until their session goes, so that a second use is seen."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        sa.ForeignKeyConstraint(["tenant_id", "session_id"], ["sessions.tenant_id", "sessions.id"], ondelete="CASCADE"),
        sa.Index(None, "tenant_id", "session_id"),
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
