"""Alembic's entry for `messaging`."""

from services.common.kit.migrations import run_environment
from services.messaging.models import Base

run_environment(Base.metadata)
