"""Alembic's entry for `tenants`."""

from services.common.kit.migrations import run_environment
from services.tenants.models import Base

run_environment(Base.metadata)
