"""What the provider has approved to be sent at any time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common.kit.database import TenantOwned
from services.messaging.models.base import UUID, Base


class TemplateRow(TenantOwned, Base):
    """A template of an account in one language, as the provider told of it last."""

    __tablename__ = "templates"
    __table_args__ = (
        # The provider's own key. Salons do not take part: one account may serve several, one salon have several.
        sa.UniqueConstraint("tenant_id", "business_account_id", "name", "language"),
        sa.Index(None, "tenant_id", "created_at", "id"),
    )

    business_account_id: Mapped[str]
    salon_id: Mapped[str | None] = mapped_column(UUID)
    external_id: Mapped[str]
    name: Mapped[str]
    language: Mapped[str]
    category: Mapped[str]
    status: Mapped[str]
    provider_status: Mapped[str]
    rejection_reason: Mapped[str | None]
    parameter_format: Mapped[str]
    components: Mapped[list[Any]]
    told_at: Mapped[datetime]
    """When it was so at the provider: what is older does not overwrite it."""
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
