"""Settings of `bookings`."""

from __future__ import annotations

from dataclasses import dataclass

from services.common.kit.settings import Secret, Settings, setting


@dataclass(frozen=True)
class BookingsSettings(Settings):
    """Read once, when the process starts."""

    database_url: Secret = setting("BOOKINGS_DATABASE_URL", "database of the service, as its own role")
    amqp_url: Secret = setting("AMQP_URL", "broker")
