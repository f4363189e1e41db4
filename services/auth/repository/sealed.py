"""Everything that this database keeps sealed, whatever it is: what a change of the envelope key is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from services.auth.models import ApiKey, Letter, TotpSeed
from services.common.kit.envelope import KeyRing, Place, SealError
from services.common.kit.logging import get_logger
from services.common.kit.uow import UnitOfWork

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """A column, and what its values are bound to."""

    column: InstrumentedAttribute[Any]
    row_id: InstrumentedAttribute[Any]

    def place_of(self, row: Any) -> Place:
        return Place(row.tenant_id, row.__tablename__, self.column.key, getattr(row, self.row_id.key))


KINDS = (
    Kind(TotpSeed.sealed, TotpSeed.user_id),
    Kind(ApiKey.sealed_key, ApiKey.id),
    Kind(Letter.sealed_token, Letter.id),
)


@dataclass(frozen=True, slots=True)
class Portion:
    """A part of the values of one kind that has been gone through."""

    count: int
    """How many are under the active key now."""
    last: Place


class SealedRepository:
    """Needs a transaction of the system."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    def rewrap(self, kind: Kind, key_ring: KeyRing, limit: int, after: Place | None) -> Portion | None:
        """Wrap the next values of a kind with the active key, in the order of their places; None when none is left.

        None that is in use. One that does not open is told of and left as it is, and keeps none behind it waiting.
        """
        rows = self._older(kind, key_ring, limit, after)
        if not rows:
            return None
        return Portion(sum(_rewrap(kind, row, key_ring) for row in rows), kind.place_of(rows[-1]))

    def _older(self, kind: Kind, key_ring: KeyRing, limit: int, after: Place | None) -> Sequence[Any]:
        table, place = kind.column.class_, (kind.column.class_.tenant_id, kind.row_id)
        is_older = ~kind.column.startswith(f"v1.{key_ring.active}.", autoescape=True)
        wanted = sa.select(table).where(is_older).order_by(*place).limit(limit)
        if after is not None:
            wanted = wanted.where(sa.tuple_(*place) > (after.tenant_id, after.row_id))
        return self._session.scalars(wanted.with_for_update(skip_locked=True)).all()


def _rewrap(kind: Kind, row: Any, key_ring: KeyRing) -> bool:
    place = kind.place_of(row)
    try:
        setattr(row, kind.column.key, key_ring.rewrap(getattr(row, kind.column.key), place))
    except SealError as error:
        log.warning("secret_does_not_open", table=place.table, row_id=place.row_id, reason=str(error))
        return False
    return True
