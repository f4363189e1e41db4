"""Find messages and contacts by any part of their words.

PostgreSQL does not let a condition that could leak what it sees, such as ILIKE, use an index beside row-level security.
The functions therefore search as the system role, which has no such security, and add the condition on the tenant
themselves: from the transaction's setting, never from an argument.

The release that is running while this migration runs must go on working, and so must the one before after a step back:
only add here (tables, nullable columns, indexes made concurrently, constraints `not valid`). Fill new columns in a
migration of their own. Take away in the release after the one whose code no longer needs it.
"""

from __future__ import annotations

from alembic import op

from services.common.kit import tenancy

revision = "messaging_0002"
down_revision = "messaging_0001"
branch_labels = None
depends_on = None

_INDEXES = """
create extension if not exists pg_trgm;
create extension if not exists btree_gin;
alter table contacts add column words text generated always as (
    coalesce(name, '') || ' ' || coalesce(username, '') || ' ' || coalesce(phone_number, '')
) stored;
create index contacts_words_idx on contacts using gin (tenant_id, words gin_trgm_ops);
create index messages_text_idx on messages using gin (tenant_id, text gin_trgm_ops)
"""

# The caller, a member of the system role, takes it on for the one query and puts it down again; should the query fail,
# the setting goes with the transaction or savepoint. In PL/pgSQL, so that queries are planned with the values at hand.
_MESSAGES = """
create function search_messages(pattern text, most integer)
returns table (message_id uuid, conversation_id uuid)
language plpgsql rows 100 set search_path = pg_catalog, public, pg_temp as $$
declare
    spoke_as text := current_setting('role');
    tenant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
begin
    perform set_config('role', '{system}', true);
    return query
        select m.id, m.conversation_id from public.messages m
        where m.tenant_id = tenant and m.text ilike pattern
        order by m.occurred_at desc, m.id desc limit most;
    perform set_config('role', spoke_as, true);
end $$
"""
_CONTACTS = """
create function search_contacts(pattern text, digits text, most integer)
returns table (contact_id uuid)
language plpgsql rows 100 set search_path = pg_catalog, public, pg_temp as $$
declare
    spoke_as text := current_setting('role');
    tenant uuid := nullif(current_setting('app.tenant_id', true), '')::uuid;
begin
    perform set_config('role', '{system}', true);
    return query
        select c.id from public.contacts c
        where c.tenant_id = tenant and (c.words ilike pattern or c.words like digits)
        order by c.id desc limit most;
    perform set_config('role', spoke_as, true);
end $$
"""


def upgrade() -> None:
    """Go forward."""
    roles = tenancy.roles_of(op)
    op.execute(_INDEXES)
    tenancy.allow_system(op, "messages", "select (tenant_id, id, conversation_id, text, occurred_at)")
    tenancy.allow_system(op, "contacts", "select (tenant_id, id, words)")
    for function in _MESSAGES, _CONTACTS:
        op.execute(function.format(system=roles.system))
    for signature in "search_messages(text, integer)", "search_contacts(text, text, integer)":
        op.execute(f"revoke execute on function {signature} from public")
        op.execute(f"grant execute on function {signature} to {roles.app}")


def downgrade() -> None:
    """Go back one step."""
    system = tenancy.roles_of(op).system
    op.execute("drop function search_messages, search_contacts")
    for table in "messages", "contacts":
        op.execute(f"drop policy system on {table}")
        op.execute(f"revoke select on {table} from {system}")
    op.execute("drop index messages_text_idx, contacts_words_idx")
    op.execute("alter table contacts drop column words")
    op.execute("drop extension pg_trgm, btree_gin")
