"""Keep what plans allow, and count what is sent.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "messaging_0003"
down_revision = "messaging_0002"
branch_labels = None
depends_on = None

_PLANS = """
create table plans (
    tenant_id uuid not null,
    messages_per_month bigint not null,
    timezone text not null,
    changed_at timestamptz not null,
    constraint plans_pkey primary key (tenant_id)
)
"""
_MONTHS = """
create table outbound_months (
    tenant_id uuid not null,
    month text not null,
    messages bigint not null,
    constraint outbound_months_pkey primary key (tenant_id, month)
)
"""


def upgrade() -> None:
    """Go forward."""
    op.execute(_PLANS)
    op.execute(_MONTHS)
    for table in "plans", "outbound_months":
        tenancy.enable_tenant_security(op, table)


def downgrade() -> None:
    """Go back one step."""
    op.execute("drop table outbound_months, plans")
