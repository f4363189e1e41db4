"""Create channels, contacts, conversations, messages and what is known of webhooks.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "messaging_0001"
down_revision = None
branch_labels = None
depends_on = None

_WEBHOOKS = """
create table webhook_events (
    id uuid not null,
    body_hash text not null,
    provider text not null,
    body bytea not null,
    repeats bigint not null,
    remarks jsonb not null,
    received_at timestamptz not null,
    processed_at timestamptz not null,
    constraint webhook_events_pkey primary key (id),
    constraint webhook_events_body_hash_key unique (body_hash)
);
create index webhook_events_received_at_idx on webhook_events (received_at);
create table webhook_items (
    tenant_id uuid not null,
    event_id uuid not null,
    path text not null,
    kind text not null,
    outcome text not null,
    detail text,
    raw jsonb,
    created_at timestamptz not null,
    constraint webhook_items_pkey primary key (tenant_id, event_id, path)
);
create index webhook_items_event_id_idx on webhook_items (event_id);
create index webhook_items_tenant_id_created_at_idx on webhook_items (tenant_id, created_at);
create table unrouted_items (
    event_id uuid not null,
    path text not null,
    kind text not null,
    phone_number_id text,
    account_ids text[] not null,
    created_at timestamptz not null,
    constraint unrouted_items_pkey primary key (event_id, path)
);
create index unrouted_items_phone_number_id_idx on unrouted_items (phone_number_id);
create index unrouted_items_account_ids_idx on unrouted_items using gin (account_ids);
create table provider_events (
    tenant_id uuid not null,
    id uuid not null,
    digest text not null,
    field text not null,
    event text not null,
    phone_number_id text,
    account_ids text[] not null,
    value jsonb not null,
    occurred_at timestamptz,
    created_at timestamptz not null,
    constraint provider_events_pkey primary key (tenant_id, id),
    constraint provider_events_tenant_id_digest_key unique (tenant_id, digest)
);
create index provider_events_tenant_id_field_created_at_idx on provider_events (tenant_id, field, created_at)
"""

_PEOPLE = """
create table channels (
    tenant_id uuid not null,
    id uuid not null,
    type text not null,
    name text not null,
    salon_id uuid,
    phone_number_id text,
    business_account_id text,
    display_phone_number text,
    credentials text,
    is_active boolean not null,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint channels_pkey primary key (tenant_id, id)
);
create index channels_phone_number_id_idx on channels (phone_number_id);
create index channels_business_account_id_idx on channels (business_account_id);
create table contacts (
    tenant_id uuid not null,
    id uuid not null,
    name text,
    name_at timestamptz,
    username text,
    username_at timestamptz,
    user_id text,
    user_id_at timestamptz,
    wa_id text,
    wa_id_at timestamptz,
    phone text,
    phone_number text,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint contacts_pkey primary key (tenant_id, id)
);
create table contact_identities (
    tenant_id uuid not null,
    kind text not null,
    value text not null,
    contact_id uuid not null,
    proof_at timestamptz not null,
    proof_user_id text not null,
    constraint contact_identities_pkey primary key (tenant_id, kind, value),
    constraint contact_identities_tenant_id_contact_id_fkey
        foreign key (tenant_id, contact_id) references contacts (tenant_id, id)
);
create index contact_identities_tenant_id_contact_id_idx on contact_identities (tenant_id, contact_id)
"""

_CONVERSATIONS = """
create table conversations (
    tenant_id uuid not null,
    id uuid not null,
    contact_id uuid not null,
    channel_id uuid not null,
    status text not null,
    assigned_to uuid,
    tags text[] not null,
    priority text not null,
    unread_count bigint not null,
    message_count bigint not null,
    last_message_at timestamptz,
    last_message_key text,
    last_message_preview text,
    last_activity_at timestamptz not null,
    window_expires_at timestamptz,
    read_at timestamptz,
    version bigint not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint conversations_pkey primary key (tenant_id, id),
    constraint conversations_tenant_id_contact_id_channel_id_key unique (tenant_id, contact_id, channel_id),
    constraint conversations_tenant_id_contact_id_fkey
        foreign key (tenant_id, contact_id) references contacts (tenant_id, id),
    constraint conversations_tenant_id_channel_id_fkey
        foreign key (tenant_id, channel_id) references channels (tenant_id, id)
);
create index conversations_tenant_id_last_activity_at_id_idx on conversations (tenant_id, last_activity_at, id);
create index conversations_tenant_id_status_last_activity_at_id_idx
    on conversations (tenant_id, status, last_activity_at, id);
create index conversations_tenant_id_channel_id_last_activity_at_id_idx
    on conversations (tenant_id, channel_id, last_activity_at, id);
create index conversations_assigned_idx on conversations (tenant_id, assigned_to, last_activity_at, id)
    where assigned_to is not null;
create index conversations_unread_idx on conversations (tenant_id, last_activity_at, id) where unread_count > 0;
create table messages (
    tenant_id uuid not null,
    id uuid not null,
    conversation_id uuid not null,
    channel_id uuid not null,
    direction text not null,
    type text not null,
    status text not null,
    content jsonb not null,
    text text,
    external_id text,
    digest text,
    sender text,
    recipient text,
    reply_to text,
    opens_window boolean not null,
    client_message_id text,
    fingerprint text,
    attempts bigint not null,
    claimed_at timestamptz,
    claimed_until timestamptz,
    error jsonb,
    pricing jsonb,
    occurred_at timestamptz not null,
    sent_at timestamptz,
    delivered_at timestamptz,
    read_at timestamptz,
    failed_at timestamptz,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint messages_pkey primary key (tenant_id, id),
    constraint messages_tenant_id_channel_id_external_id_key unique (tenant_id, channel_id, external_id),
    constraint messages_tenant_id_conversation_id_fkey
        foreign key (tenant_id, conversation_id) references conversations (tenant_id, id)
);
create unique index messages_client_message_id_key on messages (tenant_id, client_message_id)
    where client_message_id is not null;
create index messages_tenant_id_conversation_id_occurred_at_id_idx
    on messages (tenant_id, conversation_id, occurred_at, id);
create index messages_tenant_id_occurred_at_id_idx on messages (tenant_id, occurred_at, id);
create index messages_tenant_id_channel_id_occurred_at_id_idx on messages (tenant_id, channel_id, occurred_at, id);
create index messages_odd_status_idx on messages (tenant_id, status, occurred_at, id)
    where status in ('QUEUED', 'SENDING', 'UNCERTAIN', 'FAILED');
create index messages_odd_type_idx on messages (tenant_id, type, occurred_at, id) where type <> 'TEXT';
create index messages_unfinished_idx on messages (tenant_id, claimed_until) where status in ('QUEUED', 'SENDING');
create index messages_next_idx on messages (tenant_id, conversation_id, created_at, id)
    where status in ('QUEUED', 'SENDING');
create table message_statuses (
    tenant_id uuid not null,
    channel_id uuid not null,
    external_id text not null,
    status text not null,
    at timestamptz not null,
    digest text not null,
    error jsonb,
    pricing jsonb,
    created_at timestamptz not null,
    constraint message_statuses_pkey primary key (tenant_id, channel_id, external_id, status)
)
"""

_TENANT_TABLES = (
    "webhook_items",
    "provider_events",
    "channels",
    "contacts",
    "contact_identities",
    "conversations",
    "messages",
    "message_statuses",
)
# What routing needs of a channel, and nothing of its credentials.
_ROUTING = "select (tenant_id, id, phone_number_id, business_account_id, display_phone_number, is_active, updated_at)"


def upgrade() -> None:
    """Go forward."""
    tenancy.create_kit_tables(op)
    for statement in _WEBHOOKS, _PEOPLE, _CONVERSATIONS:
        op.execute(statement)
    for table in _TENANT_TABLES:
        tenancy.enable_tenant_security(op, table)
    tenancy.allow_system(op, "webhook_events", "select, insert, update")
    tenancy.allow_system(op, "unrouted_items", "select, insert, delete")
    tenancy.allow_system(op, "webhook_items", "select")
    tenancy.allow_system(op, "channels", _ROUTING)


def downgrade() -> None:
    """Go back one step."""
    op.execute(
        "drop table message_statuses, messages, conversations, contact_identities, contacts, channels,"
        " provider_events, unrouted_items, webhook_items, webhook_events"
    )
    tenancy.drop_kit_tables(op)
