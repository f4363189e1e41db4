"""Settings, usage, and how channels stand with their providers.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "tenants_0002"
down_revision = "tenants_0001"
branch_labels = None
depends_on = None

_SETTINGS = """
create table tenant_settings (
    tenant_id uuid not null,
    verify_token_hash text,
    webhook_enabled boolean not null,
    quiet_from text,
    quiet_to text,
    reminder_times bigint[] not null,
    require_mfa boolean not null,
    updated_at timestamptz not null,
    constraint tenant_settings_pkey primary key (tenant_id),
    constraint tenant_settings_tenant_id_fkey foreign key (tenant_id) references tenants (tenant_id)
);
create index tenant_settings_verify_token_hash_idx on tenant_settings (verify_token_hash) where webhook_enabled
"""

# The column of the key's id is computed, so that no release can forget to write it. A channel may be made by its number
# alone; the credentials follow.
_CHANNELS = """
alter table channels
    alter column credentials drop not null,
    add column credentials_key text generated always as (split_part(credentials, '.', 2)) stored,
    add column bot_id text,
    add column bot_username text,
    add column salon_default_at timestamptz,
    add column tenant_default_at timestamptz,
    add column verified_at timestamptz,
    add column last_error text,
    add column deleted_at timestamptz;
create unique index channels_bot_id_key on channels (bot_id) where is_active;
create index channels_credentials_key_idx on channels (credentials_key)
"""

_TRAFFIC = """
create table channel_traffic (
    tenant_id uuid not null,
    channel_id uuid not null,
    last_inbound_at timestamptz,
    last_outbound_at timestamptz,
    constraint channel_traffic_pkey primary key (tenant_id, channel_id)
)
"""

_USAGE = """
create table usage_months (
    tenant_id uuid not null,
    month text not null,
    messages bigint not null,
    constraint usage_months_pkey primary key (tenant_id, month)
)
"""

_WARNINGS = """
create table usage_warnings (
    tenant_id uuid not null,
    month text not null,
    metric text not null,
    threshold bigint not null,
    reached_at timestamptz not null,
    constraint usage_warnings_pkey primary key (tenant_id, month, metric, threshold)
)
"""

# What lists of salons and the rotation of keys need of a channel beyond its route; still nothing of its credentials.
_MORE_OF_A_CHANNEL = "select (salon_id, credentials_key, salon_default_at, deleted_at)"


def upgrade() -> None:
    """Go forward."""
    for statement in _SETTINGS, _CHANNELS, _TRAFFIC, _USAGE, _WARNINGS:
        op.execute(statement)
    op.execute("alter table salons add column deleted_at timestamptz")
    for table in "tenant_settings", "channel_traffic", "usage_months", "usage_warnings":
        tenancy.enable_tenant_security(op, table)
    tenancy.allow_system(op, "tenant_settings", "select (tenant_id, verify_token_hash, webhook_enabled)")
    tenancy.allow_system(op, "salons", "select")
    tenancy.allow_system(op, "channel_traffic", "select, insert, update")
    tenancy.allow_system(op, "usage_months", "select, insert, update")
    tenancy.allow_system(op, "usage_warnings", "select, insert")
    op.execute(f"grant {_MORE_OF_A_CHANNEL} on channels to {tenancy.roles_of(op).system}")


def downgrade() -> None:
    """Go back one step. Credentials that are not there become empty ones, which open for nobody."""
    system = tenancy.roles_of(op).system
    op.execute("drop table usage_warnings, usage_months, channel_traffic, tenant_settings")
    op.execute(f"revoke {_MORE_OF_A_CHANNEL} on channels from {system}")
    op.execute(f"drop policy system on salons; revoke select on salons from {system}")
    op.execute("alter table salons drop column deleted_at")
    with tenancy.as_owner_of(op, "channels"):
        op.execute("update channels set credentials = '' where credentials is null")
    op.execute(
        "alter table channels alter column credentials set not null, drop column credentials_key, drop column bot_id,"
        " drop column bot_username, drop column salon_default_at, drop column tenant_default_at,"
        " drop column verified_at, drop column last_error, drop column deleted_at"
    )
