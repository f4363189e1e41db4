"""Sessions, their refresh tokens, and what is refused before it has run out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.models.base import UUID, Base, of_user
from services.common.kit.database import TenantOwned


class AuthSession(TenantOwned, Base):
    """A family of refresh tokens: one sign-in on one device."""

    __tablename__ = "sessions"
    __table_args__: tuple[Any, ...] = (
        of_user(),
        sa.Index(None, "tenant_id", "user_id", postgresql_where=sa.text("ended_at is null")),
        sa.Index(None, "expires_at"),
    )

    user_id: Mapped[str] = mapped_column(UUID)
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
    tenant_id: Mapped[str] = mapped_column(UUID)
    session_id: Mapped[str] = mapped_column(UUID)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Revocation(Base):
    """What is refused although its credential has not run out."""

    __tablename__ = "revocations"
    __table_args__ = (sa.Index(None, "expires_at"),)

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    version: Mapped[int | None]
    expires_at: Mapped[datetime]
