"""Copies of what `tenants` owns, and what is counted against it."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common.kit.database import TenantOwned
from services.messaging.models.base import UUID, Base


class ChannelRow(TenantOwned, Base):
    """A copy of the tenant's channel; `tenants` owns it. `credentials` is sealed."""

    __tablename__ = "channels"
    __table_args__ = (sa.Index(None, "phone_number_id"), sa.Index(None, "business_account_id"))

    type: Mapped[str]
    name: Mapped[str]
    salon_id: Mapped[str | None] = mapped_column(UUID)
    phone_number_id: Mapped[str | None]
    business_account_id: Mapped[str | None]
    display_phone_number: Mapped[str | None]
    credentials: Mapped[str | None]
    is_active: Mapped[bool]
    is_proved: Mapped[bool] = mapped_column(server_default=sa.false())
    """Whether the provider has accepted its credentials: who merely names an account does not hear of it then."""
    version: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PlanRow(Base):
    """A copy of what the tenant's plan allows; `tenants` owns it. Without a row nothing is limited yet."""

    __tablename__ = "plans"

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    messages_per_month: Mapped[int]
    timezone: Mapped[str]
    changed_at: Mapped[datetime]
    """Of the tenant, by the clock of `tenants`: the newest holds."""
    suspended: Mapped[bool] = mapped_column(server_default=sa.false())
    """Nothing goes out then; what comes in is kept."""


class OutboundMonthRow(Base):
    """The business's own messages of a calendar month in its time zone, counted as they are queued."""

    __tablename__ = "outbound_months"

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    month: Mapped[str] = mapped_column(primary_key=True)
    messages: Mapped[int]
