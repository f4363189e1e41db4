"""`bookings`: the calendar. It holds its place on the bus and in its database; the rest comes with the calendar."""

from __future__ import annotations

from services.bookings.settings import BookingsSettings
from services.common.contracts import bookings
from services.common.kit.entrypoints import Runtime
from services.common.kit.service import Service


class BookingsService(Service):
    """The table of contents."""

    name = bookings.SERVICE
    runtime = Runtime(BookingsSettings)
