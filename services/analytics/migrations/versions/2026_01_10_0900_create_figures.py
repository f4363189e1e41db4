"""Create the tables that figures are counted in.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "analytics_0001"
down_revision = None
branch_labels = None
depends_on = None

_TENANT_ZONES = """
create table tenant_zones (
    tenant_id uuid not null,
    timezone text not null,
    as_of timestamptz not null,
    constraint tenant_zones_pkey primary key (tenant_id)
)
"""

# Updated in place all the time: room on each page keeps the new versions beside the old ones, out of the index.
_ACTIVITY = """
create table activity (
    tenant_id uuid not null,
    bucket_at timestamptz not null,
    received bigint not null default 0,
    queued bigint not null default 0,
    sent bigint not null default 0,
    failed bigint not null default 0,
    delivered bigint not null default 0,
    read bigint not null default 0,
    constraint activity_pkey primary key (tenant_id, bucket_at)
) with (fillfactor = 50)
"""

_OUTBOUND_MESSAGES = """
create table outbound_messages (
    tenant_id uuid not null,
    id uuid not null,
    queued_bucket timestamptz,
    stage smallint not null,
    former_bucket timestamptz,
    former_stage smallint not null default 0,
    constraint outbound_messages_pkey primary key (tenant_id, id)
) with (fillfactor = 80)
"""

_CONVERSATIONS = """
create table conversations (
    tenant_id uuid not null,
    id uuid not null,
    last_message_at timestamptz not null,
    constraint conversations_pkey primary key (tenant_id, id)
);
create index conversations_tenant_id_last_message_at_idx on conversations (tenant_id, last_message_at)
"""


def upgrade() -> None:
    """Go forward."""
    tenancy.create_kit_tables(op)
    for statement in _TENANT_ZONES, _ACTIVITY, _OUTBOUND_MESSAGES, _CONVERSATIONS:
        op.execute(statement)
    for table in "tenant_zones", "activity", "outbound_messages", "conversations":
        tenancy.enable_tenant_security(op, table)
    # A batch of events is counted for all of its tenants at once.
    for table in "activity", "outbound_messages", "conversations":
        tenancy.allow_system(op, table, "select, insert, update")


def downgrade() -> None:
    """Go back one step."""
    op.execute("drop table conversations, outbound_messages, activity, tenant_zones")
    tenancy.drop_kit_tables(op)
