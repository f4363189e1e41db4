"""Addresses that wait to be confirmed; indexes for the audit log's filters, and to forget refresh tokens by.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

revision = "a1c0e5f20003"
down_revision = "a1c0e5f20002"
branch_labels = None
depends_on = None

_INDEXES = {
    "audit_log_tenant_id_action_at_id_idx": "audit_log (tenant_id, action, at, id)",
    "audit_log_tenant_id_target_id_at_id_idx": "audit_log (tenant_id, target_id, at, id)",
    "refresh_tokens_expires_at_idx": "refresh_tokens (expires_at)",
}


def upgrade() -> None:
    """Go forward."""
    op.execute("alter table users add column pending_email text")
    with op.get_context().autocommit_block():
        for name, place in _INDEXES.items():
            op.execute(f"create index concurrently {name} on {place}")


def downgrade() -> None:
    """Go back one step. Who has not confirmed a new address yet keeps the old one."""
    op.execute(f"drop index {', '.join(_INDEXES)}")
    op.execute("alter table users drop column pending_email")
