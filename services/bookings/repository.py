"""Every SQL statement of `bookings`."""

from __future__ import annotations

import sqlalchemy as sa

from services.common.kit.uow import UnitOfWork


class HealthRepository:
    """The database itself."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    def check_answer(self) -> None:
        """Read something small that is always there. Raises unless the database answers as it should."""
        self._session.execute(sa.text("select last from outbox_counter")).scalar_one()
