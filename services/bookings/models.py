"""Tables of `bookings`. Beside those of the kit there are none yet."""

from __future__ import annotations

from sqlalchemy.orm import DeclarativeBase

from services.common.kit.database import COLUMN_TYPES, new_metadata


class Base(DeclarativeBase):
    """The models of this service."""

    metadata = new_metadata()
    type_annotation_map = COLUMN_TYPES
