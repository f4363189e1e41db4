"""What migrations stand on: the command line, the backfill, and one migration at a time."""

from __future__ import annotations

import time

import eventlet
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from services.common.kit import migrations, tenancy
from services.common.kit.context import Context
from services.common.kit.database import Database
from tests.integration.databases import PrivateDatabase, PrivateServer, connected, migrating
from tests.integration.kit.conftest import add_shelf, count_all


def test_the_owner_is_bound_too_except_in_a_backfill(
    library: PrivateDatabase, database: Database, ours: Context
) -> None:
    add_shelf(database, ours, "a")
    rename = text("update shelf set name = upper(name)")
    with migrating(library) as op:
        assert op.get_bind().execute(rename).rowcount == 0
        with tenancy.as_owner_of(op, "shelf"):
            assert op.get_bind().execute(rename).rowcount == 1
        assert op.get_bind().execute(rename).rowcount == 0
    assert count_all(database, "shelf") == 1


def test_helpers_belong_to_the_owner_of_a_service(library: PrivateDatabase) -> None:
    with connected(library.admin_url) as admin, pytest.raises(ValueError, match="does not end in _owner"):
        tenancy.roles_of(_Bound(admin))


class _Bound:
    """As much of Alembic's operations as tells who runs them."""

    def __init__(self, connection: object) -> None:
        self._connection = connection

    def get_bind(self) -> object:
        return self._connection


def test_the_command_line_takes_the_login_from_the_environment(
    private_server: PrivateServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = private_server.create("tenants")
    monkeypatch.setenv("TENANTS_MIGRATION_DATABASE_URL", private.owner_url)
    migrations.main(["tenants"])
    migrations.main(["tenants", "check"])
    head = ScriptDirectory.from_config(migrations.configuration("tenants")).get_current_head()
    with connected(private.admin_url) as admin:
        assert admin.exec_driver_sql("select version_num from alembic_version").scalar_one() == head


def test_without_a_login_or_a_service_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TENANTS_MIGRATION_DATABASE_URL", raising=False)
    with pytest.raises(SystemExit, match="MIGRATION_DATABASE_URL"):
        migrations.main(["tenants"])
    with pytest.raises(SystemExit, match="no migrations"):
        migrations.main(["nonsense"])


def test_two_migrations_of_one_database_take_turns(private_server: PrivateServer) -> None:
    private = private_server.create("tenants")

    def hold() -> None:
        with connected(private.owner_url) as connection:
            connection.exec_driver_sql(f"select pg_advisory_xact_lock({migrations._LOCK})")
            eventlet.sleep(0.5)

    holder = eventlet.spawn(hold)
    eventlet.sleep(0.1)
    started = time.monotonic()
    migrations.upgrade("tenants", private.owner_url)
    assert time.monotonic() - started > 0.3
    holder.wait()
