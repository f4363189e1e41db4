"""Invitations, mail, one-time tokens, second factors, API keys, the audit log, revocations, Telegram.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.

From now on an address may be missing: who is only invited has none yet, who came by Telegram none at all.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "a1c0e5f20002"
down_revision = "a1c0e5f20001"
branch_labels = None
depends_on = None

_COLUMNS = """
alter table users alter column email drop not null, alter column email_key drop not null,
    add column invited_at timestamptz, add column invited_email_key text,
    add column salon_ids uuid[] not null default '{}', add column mfa_enabled boolean not null default false,
    add column telegram_id text, add column locale text;
alter table tenants add column mfa_required boolean not null default false
"""

_TABLES = """
create table one_time_tokens (
    token_hash bytea not null,
    tenant_id uuid not null,
    user_id uuid not null,
    purpose text not null,
    email_key text,
    platform text,
    failures bigint not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint one_time_tokens_pkey primary key (token_hash),
    constraint one_time_tokens_tenant_id_user_id_fkey foreign key (tenant_id, user_id)
        references users (tenant_id, id) on delete cascade
);
create index one_time_tokens_tenant_id_user_id_purpose_idx on one_time_tokens (tenant_id, user_id, purpose);
create index one_time_tokens_expires_at_idx on one_time_tokens (expires_at);
create table letters (
    tenant_id uuid not null,
    id uuid not null,
    user_id uuid,
    kind text not null,
    account text not null,
    email text,
    sealed_token text,
    created_at timestamptz not null,
    claimed_at timestamptz,
    done_at timestamptz,
    outcome text,
    constraint letters_pkey primary key (tenant_id, id)
);
create index letters_account_kind_created_at_idx on letters (account, kind, created_at);
create index letters_created_at_idx on letters (created_at);
create table totp_seeds (
    tenant_id uuid not null,
    user_id uuid not null,
    sealed text not null,
    confirmed_at timestamptz,
    last_step bigint not null,
    created_at timestamptz not null,
    constraint totp_seeds_pkey primary key (tenant_id, user_id),
    constraint totp_seeds_tenant_id_user_id_fkey foreign key (tenant_id, user_id)
        references users (tenant_id, id) on delete cascade
);
create table recovery_codes (
    tenant_id uuid not null,
    user_id uuid not null,
    code_hash bytea not null,
    used_at timestamptz,
    constraint recovery_codes_pkey primary key (tenant_id, user_id, code_hash),
    constraint recovery_codes_tenant_id_user_id_fkey foreign key (tenant_id, user_id)
        references users (tenant_id, id) on delete cascade
);
create table api_keys (
    tenant_id uuid not null,
    id uuid not null,
    name text not null,
    prefix text not null,
    last4 text not null,
    key_hash bytea not null,
    scopes text[] not null,
    rate_limit_per_minute bigint,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    replaced_by uuid,
    created_by uuid,
    sealed_key text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint api_keys_pkey primary key (tenant_id, id),
    constraint api_keys_key_hash_key unique (key_hash)
);
create index api_keys_tenant_id_created_at_id_idx on api_keys (tenant_id, created_at, id);
create index api_keys_created_at_idx on api_keys (created_at) where sealed_key is not null;
create table revocations (
    tenant_id uuid not null,
    kind text not null,
    subject_id uuid not null,
    version bigint,
    expires_at timestamptz not null,
    constraint revocations_pkey primary key (tenant_id, kind, subject_id)
);
create index revocations_expires_at_idx on revocations (expires_at);
create table telegram_logins (
    tenant_id uuid not null,
    proof text not null,
    expires_at timestamptz not null,
    constraint telegram_logins_pkey primary key (tenant_id, proof)
);
create index telegram_logins_expires_at_idx on telegram_logins (expires_at);
create table audit_log (
    tenant_id uuid not null,
    id uuid not null,
    at timestamptz not null,
    actor_type text not null,
    actor_id uuid,
    action text not null,
    target_type text,
    target_id text,
    before jsonb,
    after jsonb,
    address text,
    request_id text,
    source text not null,
    constraint audit_log_pkey primary key (tenant_id, id)
);
create index audit_log_tenant_id_at_id_idx on audit_log (tenant_id, at, id);
create index audit_log_tenant_id_actor_id_at_id_idx on audit_log (tenant_id, actor_id, at, id)
"""

# Tokens, keys and letters are found before anybody knows whose they are; what happens at a login is told there.
_SYSTEM = {
    "one_time_tokens": "select, insert, update, delete",
    "letters": "select, insert, update, delete",
    "totp_seeds": "select, insert, update, delete",
    "recovery_codes": "select, insert, update, delete",
    "api_keys": "select, update",
    "revocations": "select, insert, update, delete",
    "telegram_logins": "select, insert, delete",
    "audit_log": "select, insert",
}

_INDEXES = """
create unique index concurrently users_tenant_id_telegram_id_key on users (tenant_id, telegram_id);
create unique index concurrently users_tenant_id_invited_email_key_key on users (tenant_id, invited_email_key);
create index concurrently users_tenant_id_created_at_id_idx on users (tenant_id, created_at, id)
"""


def upgrade() -> None:
    """Go forward."""
    op.execute(_COLUMNS)
    op.execute(_TABLES)
    for table in _SYSTEM:
        tenancy.enable_tenant_security(op, table)
    for table, privileges in _SYSTEM.items():
        tenancy.allow_system(op, table, privileges)
    # What has happened has happened: nobody who serves requests may change the log.
    op.execute(f"revoke update, delete on audit_log from {tenancy.roles_of(op).app}")
    with op.get_context().autocommit_block():
        for statement in _INDEXES.split(";"):
            op.execute(statement)


def downgrade() -> None:
    """Go back one step. Accounts without an address, which the release before does not know, go."""
    op.execute("drop index users_tenant_id_telegram_id_key, users_tenant_id_invited_email_key_key")
    op.execute("drop index users_tenant_id_created_at_id_idx")
    op.execute(f"drop table {', '.join(_SYSTEM)}")
    with tenancy.as_owner_of(op, "users"):
        op.execute("delete from users where email_key is null")
    op.execute(
        "alter table users alter column email set not null, alter column email_key set not null,"
        " drop column invited_at, drop column invited_email_key, drop column salon_ids, drop column mfa_enabled,"
        " drop column telegram_id, drop column locale"
    )
    op.execute("alter table tenants drop column mfa_required")
