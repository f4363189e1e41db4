"""Every service's migrations: one line of them, from nothing to the models and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from services.common.kit import migrations
from tests.integration.databases import PrivateDatabase, PrivateServer, connected
from tests.integration.test_catalogue import SERVICES

_SHAPE = """
select cast(table_name as text), cast(column_name as text), cast(data_type as text), cast(is_nullable as text),
 cast(column_default as text) from information_schema.columns where table_schema = 'public'
union all select tablename, indexname, indexdef, '', null from pg_indexes where schemaname = 'public'
union all select tablename, policyname, qual, cast(roles as text), with_check from pg_policies order by 1, 2, 3, 4
"""


_INDEX = re.compile(r"create (?:unique )?index (concurrently )?\w+ on (\w+)", re.IGNORECASE)
_KEY = re.compile(r"alter table (\w+)[^;]*? add (?:constraint \w+ )?(?:primary key|unique) *\(", re.IGNORECASE)


@contextmanager
def _statements() -> Iterator[list[str]]:
    """What is sent to any database meanwhile, each statement in one line."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.extend(" ".join(part.split()) for part in statement.split(";"))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)


def _tables(private: PrivateDatabase) -> set[str]:
    with connected(private.admin_url) as admin:
        return set(sa.inspect(admin).get_table_names())


def _shape(private: PrivateDatabase) -> list[tuple[object, ...]]:
    with connected(private.admin_url) as admin:
        return [tuple(row) for row in admin.exec_driver_sql(_SHAPE)]


@pytest.mark.parametrize("service", SERVICES)
def test_there_is_one_head(service: str) -> None:
    assert len(ScriptDirectory.from_config(migrations.configuration(service, "unused")).get_heads()) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_the_tables_are_those_of_the_models(migrated: Callable[[str], PrivateDatabase], service: str) -> None:
    migrations.check(service, migrated(service).owner_url)


@pytest.mark.parametrize("service", SERVICES)
def test_the_last_step_can_be_taken_back_and_again(private_server: PrivateServer, service: str) -> None:
    private = private_server.create(service)
    migrations.upgrade(service, private.owner_url)
    before = _shape(private)
    migrations.downgrade(service, private.owner_url)
    assert _shape(private) != before
    migrations.upgrade(service, private.owner_url)
    assert _shape(private) == before


@pytest.mark.parametrize("service", SERVICES)
def test_the_last_step_stops_no_writing_while_it_makes_indexes(private_server: PrivateServer, service: str) -> None:
    """Of tables that are there already, concurrently; a key then takes the index over."""
    private = private_server.create(service)
    migrations.upgrade(service, private.owner_url)
    migrations.downgrade(service, private.owner_url)
    present = _tables(private)
    with _statements() as sent:
        migrations.upgrade(service, private.owner_url)
    made = [found for statement in sent if (found := _INDEX.match(statement))]
    keys = [found for statement in sent if (found := _KEY.match(statement))]
    assert [found[0] for found in made if found[2] in present and not found[1]] == []
    assert [found[0] for found in keys if found[1] in present] == []


def test_a_step_that_broke_off_halfway_is_taken_again(private_server: PrivateServer) -> None:
    private = private_server.create("tenants")
    migrations.upgrade("tenants", private.owner_url)
    before = _shape(private)
    migrations.downgrade("tenants", private.owner_url)
    with connected(private.owner_url) as owner:  # as far as it came before somebody else's lock
        owner.exec_driver_sql("alter table tenants add column told bigint not null default 0")
        owner.exec_driver_sql("create index tenants_told_idx on tenants (told)")
    migrations.upgrade("tenants", private.owner_url)
    assert _shape(private) == before


@pytest.mark.parametrize("service", SERVICES)
def test_a_second_upgrade_changes_nothing(migrated: Callable[[str], PrivateDatabase], service: str) -> None:
    before = _shape(migrated(service))
    migrations.upgrade(service, migrated(service).owner_url)
    assert _shape(migrated(service)) == before
