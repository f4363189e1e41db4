"""Create the tables of the kit: outbox, inbox, idempotency.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "bookings_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    tenancy.create_kit_tables(op)


def downgrade() -> None:
    """Go back one step."""
    tenancy.drop_kit_tables(op)
