"""Users, those who are about to be, and the facts of their tenants."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.models.base import UUID, Base
from services.common.kit.database import TenantOwned


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
    salon_ids: Mapped[list[str]] = mapped_column(ARRAY(UUID), server_default="{}", default=list)
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
    attempt_id: Mapped[str] = mapped_column(UUID)
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

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
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
