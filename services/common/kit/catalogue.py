"""Reads a service's catalogue and says where its tenants are not kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from services.common.kit.tenancy import KIT_SYSTEM_GRANTS, KIT_TENANTLESS
from services.common.kit.uow import Roles

_DEFINER_FUNCTIONS = frozenset({"make_outbox_partitions"})
_INSERT_ONLY = frozenset({"outbox"})
"""Tenants add to it and read nothing; the rows without a tenant are the system role's."""


@dataclass(frozen=True)
class AllowList:
    """What a service declares beside its tenant tables. The kit's own tables are known."""

    tenantless: frozenset[str] = frozenset()
    """Tables without `tenant_id`."""
    system: Mapping[str, str] = field(default_factory=dict)
    """Table → privileges of the system role, e.g. `"select, update"`."""
    platform_unique: frozenset[str] = frozenset()
    """Unique indexes of tenant tables that hold for the whole platform on purpose."""


def catalogue_problems(connection: sa.Connection, roles: Roles, allowed: AllowList) -> list[str]:
    """One sentence for each table, key or grant that is not as it should be; none when all is well."""
    asked = connection.execute(_TABLES, {"app": roles.app, "system": roles.system})
    tables: list[Mapping[str, Any]] = [row._asdict() for row in asked]
    expected = _expression(connection)
    return [
        *_role_problems(connection, roles),
        *(problem for table in tables for problem in _table_problems(table, allowed)),
        *(problem for table in tables for problem in _policy_problems(connection, table, expected, roles)),
        *_grant_problems(tables, allowed),
        *_key_problems(connection, allowed),
        *_loophole_problems(connection),
    ]


_PRIVILEGES = "array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']"
_TABLES = sa.text(
    f"""
    select relname as name, oid, relispartition as is_partition, relrowsecurity as secured,
           relforcerowsecurity as forced,
           exists (select from pg_attribute where attrelid = c.oid and attname = 'tenant_id') as has_tenant,
           array(select p from unnest({_PRIVILEGES}) as p
                  where has_table_privilege(:app, c.oid, p)
                     or p in ('select', 'insert', 'update', 'references') and has_any_column_privilege(:app, c.oid, p)
                ) as app_may,
           array(select p from unnest({_PRIVILEGES}) as p
                  where has_table_privilege(:system, c.oid, p)
                     or p in ('select', 'insert', 'update', 'references')
                        and has_any_column_privilege(:system, c.oid, p)
                ) as system_may
      from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by relname
    """  # noqa: S608  the only thing put in is the constant above
)


def _role_problems(connection: sa.Connection, roles: Roles) -> Iterator[str]:
    asked = sa.text(
        "select rolname, rolsuper or rolbypassrls as mighty, pg_has_role(rolname, :owner, 'member') as owner,"
        " rolinherit from pg_roles where rolname in (:app, :system)"
    )
    found = list(connection.execute(asked, {"owner": roles.owner, "app": roles.app, "system": roles.system}))
    if len(found) != 2:  # noqa: PLR2004  the two that were asked for
        yield f"one of the roles {roles.app}, {roles.system} is missing"
    for name, mighty, owner, inherits in found:
        if mighty:
            yield f"{name} is not bound by row-level security"
        if owner:
            yield f"{name} has the rights of the owner"
        if name == roles.app and inherits:
            yield f"{name} has the grants of the system role without switching to it"


def _table_problems(table: Mapping[str, Any], allowed: AllowList) -> Iterator[str]:
    name = table["name"]
    if table["is_partition"]:
        if table["app_may"] or table["system_may"]:
            yield f"{name} is a partition, and reachable without the policies of its table"
    elif not table["has_tenant"]:
        if name not in allowed.tenantless | KIT_TENANTLESS:
            yield f"{name} has no tenant_id and is not listed as tenantless"
    elif not (table["secured"] and table["forced"]):
        yield f"{name} has a tenant_id but row-level security is not enabled and forced"


def _expression(connection: sa.Connection) -> str:
    """How PostgreSQL prints the rule of a tenant, taken from a table of the kit."""
    asked = sa.text(
        "select pg_get_expr(polqual, polrelid) from pg_policy"
        " where polrelid = 'idempotency'::regclass and polname = 'tenant'"
    )
    return str(connection.execute(asked).scalar_one())


_POLICIES = sa.text(
    """
    select polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
      from pg_policy where polrelid = :oid and (polroles && array[0::oid, cast(:app as regrole)::oid])
    """
)


def _policy_problems(connection: sa.Connection, table: Mapping[str, Any], expected: str, roles: Roles) -> Iterator[str]:
    if table["is_partition"] or not table["has_tenant"] or not table["app_may"]:
        return
    found = list(connection.execute(_POLICIES, {"oid": table["oid"], "app": roles.app}))
    reading = None if table["name"] in _INSERT_ONLY else expected
    command = "a" if table["name"] in _INSERT_ONLY else "*"
    if [tuple(policy[1:]) for policy in found] != [(command, True, reading, expected)]:
        yield f"{table['name']} does not have exactly one policy for the tenant's rows, with USING and WITH CHECK"


def _grant_problems(tables: list[Mapping[str, Any]], allowed: AllowList) -> Iterator[str]:
    declared = {**KIT_SYSTEM_GRANTS, **allowed.system}
    for table in tables:
        listed = {word.strip() for word in declared.pop(table["name"], "").split(",") if word.strip()}
        if not table["is_partition"] and set(table["system_may"]) != listed:
            yield f"the system role may {sorted(table['system_may'])} on {table['name']}, listed is {sorted(listed)}"
        beyond = set(table["app_may"]) - {"select", "insert", "update", "delete"}
        if beyond:
            yield f"the service may {sorted(beyond)} on {table['name']}"
    yield from (f"{name} is listed for the system role, but there is no such table" for name in sorted(declared))


_FOREIGN_KEYS = sa.text(
    """
    select conname, conrelid::regclass::text,
           exists (select from unnest(conkey, confkey) as pair (here, there)
                     join pg_attribute a on a.attrelid = conrelid and a.attnum = here
                     join pg_attribute b on b.attrelid = confrelid and b.attnum = there
                    where a.attname = 'tenant_id' and b.attname = 'tenant_id')
      from pg_constraint
     where contype = 'f' and connamespace = 'public'::regnamespace and conparentid = 0
       and exists (select from pg_attribute where attrelid = conrelid and attname = 'tenant_id')
       and exists (select from pg_attribute where attrelid = confrelid and attname = 'tenant_id')
    """
)
_UNIQUE_INDEXES = sa.text(
    """
    select i.indexrelid::regclass::text, i.indrelid::regclass::text
      from pg_index i join pg_class c on c.oid = i.indrelid
     where (i.indisunique or i.indisexclusion) and c.relnamespace = 'public'::regnamespace and not c.relispartition
       and exists (select from pg_attribute where attrelid = c.oid and attname = 'tenant_id')
       and (select attname from pg_attribute where attrelid = c.oid and attnum = i.indkey[0])
           is distinct from 'tenant_id'
    """
)


def _key_problems(connection: sa.Connection, allowed: AllowList) -> Iterator[str]:
    for name, table, contains_tenant in connection.execute(_FOREIGN_KEYS):
        if not contains_tenant:
            yield f"the foreign key {name} of {table} does not contain the tenant: it may point to another's row"
    across = {name: table for name, table in connection.execute(_UNIQUE_INDEXES) if table != "outbox"}
    for name in sorted(across.keys() - allowed.platform_unique):
        yield f"the unique index {name} of {across[name]} does not begin with the tenant and is not listed"
    for name in sorted(allowed.platform_unique - across.keys()):
        yield f"{name} is listed as unique in the platform, but there is no such index"


_LOOPHOLES = sa.text(
    """
    select 'the view ' || relname || ' reads with the rights of its owner' from pg_class
     where relnamespace = 'public'::regnamespace
       and (relkind = 'm' or relkind = 'v' and not coalesce(reloptions::text ~ 'security_invoker=(true|on|1)', false))
    union all
    select 'the function ' || proname || ' runs with the rights of its owner' from pg_proc
     where pronamespace = 'public'::regnamespace and prosecdef and not proname = any(:known)
       and not exists (select from pg_depend d where d.objid = pg_proc.oid and d.deptype = 'e')
    """
)


def _loophole_problems(connection: sa.Connection) -> Iterator[str]:
    yield from connection.execute(_LOOPHOLES, {"known": list(_DEFINER_FUNCTIONS)}).scalars()
