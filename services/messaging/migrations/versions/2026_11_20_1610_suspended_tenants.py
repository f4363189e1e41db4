"""Send nothing for who is suspended; tell news of an account to who has proved it.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "messaging_0006"
down_revision = "messaging_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward. Until `tenants` tells anew, which it does by itself, nobody is suspended and nothing is proved."""
    op.execute("alter table plans add column suspended boolean not null default false")
    op.execute("alter table channels add column is_proved boolean not null default false")
    op.execute(f"grant select (is_proved) on channels to {tenancy.roles_of(op).system}")


def downgrade() -> None:
    """Go back one step."""
    op.execute("alter table plans drop column suspended")
    op.execute("alter table channels drop column is_proved")
