"""What the tables of `messaging` have in common."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase

from services.common.kit.database import COLUMN_TYPES, new_metadata

UUID = sa.Uuid(as_uuid=False)


def trigrams(name: str, column: str) -> sa.Index:
    """An index for finding any part of a text within a tenant."""
    return sa.Index(name, "tenant_id", column, postgresql_using="gin", postgresql_ops={column: "gin_trgm_ops"})


class Base(DeclarativeBase):
    """The models of this service."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES | {dict[str, Any]: JSONB, list[Any]: JSONB, list[str]: ARRAY(sa.Text())}
