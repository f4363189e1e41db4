"""What the tables of `auth` have in common."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from services.common.kit.database import COLUMN_TYPES, new_metadata

UUID = sa.Uuid(as_uuid=False)


def of_user() -> sa.ForeignKeyConstraint:
    """What goes with its user."""
    return sa.ForeignKeyConstraint(["tenant_id", "user_id"], ["users.tenant_id", "users.id"], ondelete="CASCADE")


class Base(DeclarativeBase):
    """Base of this service's tables."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES
