"""Mails, and the tokens that are good once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.models.base import UUID, Base, of_user
from services.common.kit.database import TenantOwned


class Letter(TenantOwned, Base):
    """A mail on its way. The token in it is sealed until it has left; the address goes then, too."""

    __tablename__ = "letters"
    __table_args__: tuple[Any, ...] = (
        sa.Index(None, "account", "kind", "created_at"),
        sa.Index(None, "created_at"),
    )

    user_id: Mapped[str | None] = mapped_column(UUID)
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


class OneTimeToken(Base):
    """A token from a mail or of a login that waits for its second factor, by its SHA-256."""

    __tablename__ = "one_time_tokens"
    __table_args__ = (
        of_user(),
        sa.Index(None, "tenant_id", "user_id", "purpose"),
        sa.Index(None, "expires_at"),
    )

    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    tenant_id: Mapped[str] = mapped_column(UUID)
    user_id: Mapped[str] = mapped_column(UUID)
    purpose: Mapped[str]
    email_key: Mapped[str | None]
    """The address that a mail went to: the token proves that one."""
    platform: Mapped[str | None]
    """Of a login: where it came from."""
    failures: Mapped[int]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
