"""Alembic's entry for `analytics`."""

from services.analytics.models import Base
from services.common.kit.migrations import run_environment

run_environment(Base.metadata)
