"""What happened."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.models.base import UUID, Base
from services.common.kit.database import TenantOwned


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
    actor_id: Mapped[str | None] = mapped_column(UUID)
    action: Mapped[str]
    target_type: Mapped[str | None]
    target_id: Mapped[str | None]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    address: Mapped[str | None]
    request_id: Mapped[str | None]
    source: Mapped[str]
