"""What Alembic runs for this service."""

from services.auth.models import Base
from services.common.kit.migrations import run_environment

run_environment(Base.metadata)
