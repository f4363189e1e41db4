"""Credentials of programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.models.base import UUID, Base
from services.common.kit.database import TenantOwned


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
    replaced_by: Mapped[str | None] = mapped_column(UUID)
    created_by: Mapped[str | None] = mapped_column(UUID)
    sealed_key: Mapped[str | None]
    """The whole key, as long as its request may be repeated."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
