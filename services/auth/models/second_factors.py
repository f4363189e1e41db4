"""Second factors."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.auth.models.base import UUID, Base, of_user


class TotpSeed(Base):
    """The second factor of a user, sealed."""

    __tablename__ = "totp_seeds"
    __table_args__ = (of_user(),)

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    user_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    sealed: Mapped[str]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int]
    """The latest step of 30 seconds of which a code was taken: neither it nor an earlier one is taken again."""
    created_at: Mapped[datetime]


class RecoveryCode(Base):
    """Stands in for the second factor once. Random and long, so a fast hash is enough."""

    __tablename__ = "recovery_codes"
    __table_args__ = (of_user(),)

    tenant_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    user_id: Mapped[str] = mapped_column(UUID, primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(sa.LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None]
