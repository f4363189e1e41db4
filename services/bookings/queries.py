"""Reads of `bookings`."""

from __future__ import annotations

from services.bookings.repository import HealthRepository
from services.common.contracts.bookings import ServiceHealth
from services.common.kit.uow import UnitOfWork


def get_health(uow: UnitOfWork) -> ServiceHealth:
    """Raises what the database raises when it does not answer."""
    HealthRepository(uow).check_answer()
    return ServiceHealth(database="up")
