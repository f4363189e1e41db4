"""Row-level security for migrations, and the kit's own tables.

The migrations of a service run as `<service>_owner`; the names of the other roles follow from that. `<service>_app`
sees the rows of `app.tenant_id` alone; `<service>_system` sees all rows of the tables that are listed for it, and no
others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from services.common.kit.uow import Roles

CURRENT_TENANT = "(select nullif(current_setting('app.tenant_id', true), '')::uuid)"
"""In a sub-select, so that the planner reads the setting once for a query and can use the index on `tenant_id`."""

NO_TENANT = "00000000-0000-0000-0000-000000000000"
"""Stands for "no tenant" where a key needs a value."""

KIT_SYSTEM_GRANTS = {
    "outbox": "select, insert, update",
    "outbox_counter": "select, update",
    "inbox": "select, insert, delete",
    "idempotency": "select, insert, delete",
}
KIT_TENANTLESS = frozenset({"outbox_counter", "inbox", "alembic_version"})


def roles_of(op: Any) -> Roles:
    """The roles of the service whose owner runs this migration."""
    return Roles.of_owner(op.get_bind().execute(sa.text("select current_user")).scalar_one())


def enable_tenant_security(op: Any, table: str) -> None:
    """Let the service reach the rows of its present tenant, to read and to write, and no others.

    Forced, so that the owner is bound too: a migration that changes rows does so inside `as_owner_of`.
    """
    app = roles_of(op).app
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy tenant on {table} for all to {app}"
        f" using (tenant_id = {CURRENT_TENANT}) with check (tenant_id = {CURRENT_TENANT})"
    )
    op.execute(f"grant select, insert, update, delete on {table} to {app}")


def allow_app(op: Any, table: str, privileges: str) -> None:
    """Grant the service a table that has no tenants. It must stand on the catalogue check's list of such tables."""
    op.execute(f"grant {privileges} on {table} to {roles_of(op).app}")


def allow_system(op: Any, table: str, privileges: str) -> None:
    """Grant the paths that have no tenant all rows of a table. It must stand on the catalogue check's list for them."""
    system = roles_of(op).system
    op.execute(f"grant {privileges} on {table} to {system}")
    if _has_row_security(op, table):
        op.execute(f"create policy system on {table} for all to {system} using (true) with check (true)")


def _has_row_security(op: Any, table: str) -> bool:
    asked = sa.text("select relrowsecurity from pg_class where oid = cast(:table as regclass)")
    return bool(op.get_bind().execute(asked, {"table": table}).scalar_one())


@contextmanager
def as_owner_of(op: Any, table: str) -> Iterator[None]:
    """Lift the force of row-level security for a backfill. The table stays locked until the migration commits."""
    op.execute(f"alter table {table} no force row level security")
    yield
    op.execute(f"alter table {table} force row level security")


def create_kit_tables(op: Any) -> None:
    """Outbox, inbox and idempotency answers, with their grants. Belongs into the first migration of a service.

    Databases have been made with it: a change to these tables is a function of its own, called by a further migration.
    """
    for statement in _OUTBOX, _MAKE_PARTITIONS, _INBOX, _IDEMPOTENCY:
        op.execute(statement)
    roles = roles_of(op)
    enable_tenant_security(op, "idempotency")
    op.execute(f"revoke update on idempotency from {roles.app}")
    _secure_outbox(op, roles)
    op.execute(f"grant select, insert on inbox to {roles.app}")
    for table, privileges in KIT_SYSTEM_GRANTS.items():
        allow_system(op, table, privileges)
    op.execute("select make_outbox_partitions(7)")


def drop_kit_tables(op: Any) -> None:
    """The way back."""
    op.execute("drop function make_outbox_partitions")
    op.execute("drop table outbox, outbox_counter, inbox, idempotency")


def _secure_outbox(op: Any, roles: Roles) -> None:
    """A tenant's transaction may only add events, and only its own. The relay works as the system role."""
    op.execute("alter table outbox enable row level security")
    op.execute("alter table outbox force row level security")
    op.execute(f"create policy tenant on outbox for insert to {roles.app} with check (tenant_id = {CURRENT_TENANT})")
    op.execute(f"grant insert on outbox to {roles.app}")
    op.execute("revoke execute on function make_outbox_partitions from public")
    op.execute(f"grant execute on function make_outbox_partitions to {roles.system}")


_OUTBOX = """
create table outbox (
    id bigint generated always as identity,
    created_at timestamptz not null default now(),
    event_id uuid not null,
    tenant_id uuid,
    exchange text not null,
    routing_key text not null,
    mandatory boolean not null,
    headers text not null,
    payload text not null,
    published_at timestamptz,
    position bigint,
    parked_at timestamptz,
    attempts integer not null default 0,
    constraint outbox_pkey primary key (id, created_at)
) partition by range (created_at);
create index outbox_waiting_idx on outbox (id) where published_at is null and parked_at is null;
create index outbox_parked_idx on outbox (parked_at) where published_at is null and parked_at is not null;
create index outbox_position_idx on outbox (position) where position is not null;
create table outbox_default partition of outbox default;
create table outbox_counter (one boolean primary key default true check (one), last bigint not null default 0);
insert into outbox_counter default values
"""

# Runs with the rights of the owner, because only the owner of a table can give it a partition. A day that has rows in
# the default partition already (nobody made its own in time) takes them along.
_MAKE_PARTITIONS = """
create function make_outbox_partitions(days_ahead integer) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
    day date;
    name text;
begin
    for day in select generate_series(current_date, current_date + days_ahead, interval '1 day') loop
        name := 'outbox_' || to_char(day, 'YYYYMMDD');
        continue when to_regclass('public.' || name) is not null;
        execute format('create table public.%I (like public.outbox including defaults including constraints)', name);
        execute format(
            'with moved as (delete from public.outbox_default where created_at >= %L and created_at < %L returning *)'
            ' insert into public.%I select * from moved', day, day + 1, name);
        execute format(
            'alter table public.outbox attach partition public.%I for values from (%L) to (%L)', name, day, day + 1);
    end loop;
end $$
"""

_INBOX = """
create table inbox (
    event_id uuid not null,
    handler text not null,
    received_at timestamptz not null default now(),
    constraint inbox_pkey primary key (event_id, handler)
);
create index inbox_received_at_idx on inbox (received_at)
"""

_IDEMPOTENCY = """
create table idempotency (
    tenant_id uuid not null,
    caller text not null,
    route text not null,
    key text not null,
    fingerprint text not null,
    response text not null,
    created_at timestamptz not null default now(),
    constraint idempotency_pkey primary key (tenant_id, caller, route, key)
);
create index idempotency_created_at_idx on idempotency (created_at)
"""
