"""What the world may know about `bookings`. Its other requests, views and events come with the calendar."""

from __future__ import annotations

from services.common.contracts.base import Request, View

SERVICE = "bookings"


class ServiceHealth(View):
    """The state of what the service needs."""

    database: str


class Health(Request[ServiceHealth], service=SERVICE, method="health"):
    """Whether the service answers, and its database with it."""
