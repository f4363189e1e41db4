"""What signing in leaves behind: failures, and proofs that were used."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.models.base import UUID, Base


class LoginFailure(Base):
    """Recent failures to sign in, of an account (existing or not) or from a network."""

    __tablename__ = "login_failures"

    key: Mapped[str] = mapped_column(primary_key=True)
    failed_at: Mapped[list[datetime]] = mapped_column(ARRAY(sa.DateTime(timezone=True)))
    last_failed_at: Mapped[datetime] = mapped_column(index=True)


class TelegramLogin(Base):
    """A proof from Telegram's Login Widget that was used: it comes by a URL, which others may see."""

    __tablename__ = "telegram_logins"
    __table_args__ = (sa.Index(None, "expires_at"),)

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    proof: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime]
