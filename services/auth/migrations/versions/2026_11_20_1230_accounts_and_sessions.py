"""Accounts, registrations on their way, sessions with their refresh tokens, failures to sign in.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "a1c0e5f20001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = """
create table users (
    tenant_id uuid not null,
    id uuid not null,
    email text not null,
    email_key text not null,
    name text not null,
    role text not null,
    is_active boolean not null,
    email_verified boolean not null,
    password_hash text not null,
    token_version bigint not null,
    last_login_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint users_pkey primary key (tenant_id, id),
    constraint users_email_key_key unique (email_key)
);
create table registrations (
    tenant_id uuid not null,
    id uuid not null,
    email_key text not null,
    attempt_id uuid not null,
    email text not null,
    name text not null,
    password_hash text not null,
    tenant_name text not null,
    plan text not null,
    timezone text,
    locale text,
    created_at timestamptz not null,
    attempted_at timestamptz not null,
    constraint registrations_pkey primary key (tenant_id, id),
    constraint registrations_email_key_key unique (email_key)
);
create index registrations_attempted_at_idx on registrations (attempted_at);
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
    constraint tenants_pkey primary key (tenant_id)
);
create table sessions (
    tenant_id uuid not null,
    id uuid not null,
    user_id uuid not null,
    platform text not null,
    device text,
    address text,
    created_at timestamptz not null,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    end_reason text,
    constraint sessions_pkey primary key (tenant_id, id),
    constraint sessions_tenant_id_user_id_fkey foreign key (tenant_id, user_id)
        references users (tenant_id, id) on delete cascade
);
create index sessions_tenant_id_user_id_idx on sessions (tenant_id, user_id) where ended_at is null;
create index sessions_expires_at_idx on sessions (expires_at);
create table refresh_tokens (
    token_hash bytea not null,
    tenant_id uuid not null,
    session_id uuid not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint refresh_tokens_pkey primary key (token_hash),
    constraint refresh_tokens_tenant_id_session_id_fkey foreign key (tenant_id, session_id)
        references sessions (tenant_id, id) on delete cascade
);
create index refresh_tokens_tenant_id_session_id_idx on refresh_tokens (tenant_id, session_id);
create table login_failures (
    key text not null,
    failed_at timestamptz[] not null,
    last_failed_at timestamptz not null,
    constraint login_failures_pkey primary key (key)
);
create index login_failures_last_failed_at_idx on login_failures (last_failed_at)
"""

# The paths that have no tenant yet: register, log in, refresh, and the timers behind them.
_SYSTEM = {
    "users": "select, insert, update",
    "registrations": "select, insert, update, delete",
    "tenants": "select, insert, update",
    "sessions": "select, insert, update, delete",
    "refresh_tokens": "select, insert, update, delete",
    "login_failures": "select, insert, update, delete",
}
_OF_TENANTS = ("users", "registrations", "tenants", "sessions", "refresh_tokens")


def upgrade() -> None:
    """Go forward."""
    tenancy.create_kit_tables(op)
    op.execute(_TABLES)
    for table in _OF_TENANTS:
        tenancy.enable_tenant_security(op, table)
    for table, privileges in _SYSTEM.items():
        tenancy.allow_system(op, table, privileges)


def downgrade() -> None:
    """Go back one step."""
    op.execute("drop table login_failures, refresh_tokens, sessions, tenants, registrations, users")
    tenancy.drop_kit_tables(op)
