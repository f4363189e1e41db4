"""Everything that this database keeps sealed, whatever it is: what a change of the envelope key is about."""

from __future__ import annotations

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
class _Kind:
    """A column, and what its values are bound to."""

    column: InstrumentedAttribute[Any]
    row_id: InstrumentedAttribute[Any]

    def place_of(self, row: Any) -> Place:
        return Place(row.tenant_id, row.__tablename__, self.column.key, getattr(row, self.row_id.key))


KINDS = (
    _Kind(TotpSeed.sealed, TotpSeed.user_id),
    _Kind(ApiKey.sealed_key, ApiKey.id),
    _Kind(Letter.sealed_token, Letter.id),
)


class SealedRepository:
    """Needs a transaction of the system."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    def rewrap(self, key_ring: KeyRing, limit: int) -> int:
        """Wrap up to so many values of each kind with the active key; return how many. None that is in use.

        One that does not open is told of and left as it is: it must not keep the others from moving.
        """
        return sum(self._rewrap(kind, row, key_ring) for kind in KINDS for row in self._older(kind, key_ring, limit))

    def _older(self, kind: _Kind, key_ring: KeyRing, limit: int) -> sa.ScalarResult[Any]:
        is_older = ~kind.column.startswith(f"v1.{key_ring.active}.", autoescape=True)
        wanted = sa.select(kind.column.class_).where(is_older).limit(limit)
        return self._session.scalars(wanted.with_for_update(skip_locked=True))

    def _rewrap(self, kind: _Kind, row: Any, key_ring: KeyRing) -> bool:
        place = kind.place_of(row)
        try:
            setattr(row, kind.column.key, key_ring.rewrap(getattr(row, kind.column.key), place))
        except SealError as error:
            log.warning("secret_does_not_open", table=place.table, row_id=place.row_id, reason=str(error))
            return False
        return True
