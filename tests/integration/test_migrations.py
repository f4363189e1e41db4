"""Every service's migrations: one line of them, from nothing to the models and back."""

from __future__ import annotations

from collections.abc import Callable

import pytest
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
def test_a_second_upgrade_changes_nothing(migrated: Callable[[str], PrivateDatabase], service: str) -> None:
    before = _shape(migrated(service))
    migrations.upgrade(service, migrated(service).owner_url)
    assert _shape(migrated(service)) == before
