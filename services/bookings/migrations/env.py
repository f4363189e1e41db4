"""Alembic's entry for `bookings`."""

from services.bookings.models import Base
from services.common.kit.migrations import run_environment

run_environment(Base.metadata)
