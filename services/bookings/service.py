"""`bookings`: the calendar. It holds its place on the bus and in its database; the rest comes with the calendar."""

from __future__ import annotations

from services.bookings import queries
from services.bookings.settings import BookingsSettings
from services.common.contracts import bookings
from services.common.kit.entrypoints import SYSTEM, Runtime, query
from services.common.kit.uow import UnitOfWork


class BookingsService:
    """The table of contents."""

    name = bookings.SERVICE
    runtime = Runtime(BookingsSettings)

    @query(bookings.Health, scope=SYSTEM)
    def health(self, _request: bookings.Health, uow: UnitOfWork) -> bookings.ServiceHealth:
        return queries.get_health(uow)
