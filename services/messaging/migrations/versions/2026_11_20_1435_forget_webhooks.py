"""Let old webhooks be forgotten, and find those with a failed item.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "messaging_0004"
down_revision = "messaging_0003"
branch_labels = None
depends_on = None

_INDEXES = """
create index webhook_items_failed_idx on webhook_items (event_id) where outcome = 'FAILED';
create index webhook_events_failed_idx on webhook_events (received_at) where remarks @> '[{"outcome": "FAILED"}]';
create index provider_events_created_at_idx on provider_events (created_at)
"""


def upgrade() -> None:
    """Go forward."""
    system = tenancy.roles_of(op).system
    op.execute(_INDEXES)
    op.execute(f"grant delete on webhook_events, webhook_items to {system}")
    tenancy.allow_system(op, "provider_events", "select (tenant_id, id, created_at), delete")


def downgrade() -> None:
    """Go back one step."""
    system = tenancy.roles_of(op).system
    op.execute("drop policy system on provider_events")
    op.execute(f"revoke select (tenant_id, id, created_at), delete on provider_events from {system}")
    op.execute(f"revoke delete on webhook_events, webhook_items from {system}")
    op.execute("drop index provider_events_created_at_idx, webhook_events_failed_idx, webhook_items_failed_idx")
