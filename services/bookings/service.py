"""`bookings`: the calendar. It holds its place on the bus and its database; its requests come with the calendar."""

from __future__ import annotations

from services.bookings.settings import BookingsSettings
from services.common.contracts import bookings
from services.common.kit.entrypoints import Runtime


class BookingsService:
    """The table of contents."""

    name = bookings.SERVICE
    runtime = Runtime(BookingsSettings)
