"""Create tenants, salons and channels.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "tenants_0001"
down_revision = None
branch_labels = None
depends_on = None

_TENANTS = """
create table tenants (
    tenant_id uuid not null,
    name text not null,
    slug text not null,
    plan text not null,
    status text not null,
    timezone text not null,
    locale text not null,
    currency text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint tenants_pkey primary key (tenant_id),
    constraint tenants_slug_key unique (slug)
)
"""

_SALONS = """
create table salons (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    slug text not null,
    timezone text not null,
    currency text not null,
    phone text,
    email text,
    address jsonb,
    opening_hours jsonb not null,
    slot_alignment bigint not null,
    confirmation text not null,
    is_active boolean not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint salons_pkey primary key (tenant_id, id),
    constraint salons_tenant_id_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint salons_tenant_id_slug_key unique (tenant_id, slug)
);
create index salons_tenant_id_created_at_id_idx on salons (tenant_id, created_at, id)
"""

_CHANNELS = """
create table channels (
    tenant_id uuid not null,
    id uuid not null,
    type text not null,
    name text not null,
    salon_id uuid,
    phone_number_id text,
    business_account_id text,
    display_phone_number text,
    credentials text not null,
    credentials_hint text not null,
    is_active boolean not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint channels_pkey primary key (tenant_id, id),
    constraint channels_tenant_id_fkey foreign key (tenant_id) references tenants (tenant_id),
    constraint channels_tenant_id_salon_id_fkey foreign key (tenant_id, salon_id) references salons (tenant_id, id)
);
create index channels_tenant_id_created_at_id_idx on channels (tenant_id, created_at, id);
create index channels_tenant_id_salon_id_idx on channels (tenant_id, salon_id);
create unique index channels_phone_number_id_key on channels (phone_number_id) where is_active;
create index channels_business_account_id_idx on channels (business_account_id) where is_active
"""

# What routing needs of a channel, and nothing of its credentials.
_ROUTING = "select (tenant_id, id, type, phone_number_id, business_account_id, is_active, created_at)"


def upgrade() -> None:
    """Go forward."""
    tenancy.create_kit_tables(op)
    for statement in _TENANTS, _SALONS, _CHANNELS:
        op.execute(statement)
    for table in "tenants", "salons", "channels":
        tenancy.enable_tenant_security(op, table)
    tenancy.allow_system(op, "tenants", "select, insert")
    tenancy.allow_system(op, "channels", _ROUTING)


def downgrade() -> None:
    """Go back one step."""
    op.execute("drop table channels, salons, tenants")
    tenancy.drop_kit_tables(op)
