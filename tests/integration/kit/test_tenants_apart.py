"""S-20: row-level security, seen from the service's own login."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from services.common.contracts.base import Event
from services.common.kit import ids, outbox
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.engine import EngineOptions
from services.common.kit.uow import SYSTEM, TENANT
from tests.integration.databases import PrivateDatabase, connected
from tests.integration.kit.conftest import add_shelf, count_all


class ShelfBuiltV1(Event, source="library", type="shelf.built.v1", consumed_by=("readers",)):
    """For the tests."""

    shelf_id: str


def _seen(database: Database, context: Context, shelf_id: str) -> int:
    with database.transaction(context, TENANT) as uow:
        asked = text("select count(*) from shelf where id = :id")
        return int(uow.session.execute(asked, {"id": shelf_id}).scalar_one())


def test_another_tenants_row_cannot_be_read_changed_or_deleted(
    database: Database, ours: Context, theirs: Context
) -> None:
    shelf_id = add_shelf(database, ours, "mine")
    assert _seen(database, ours, shelf_id) == 1
    assert _seen(database, theirs, shelf_id) == 0
    for statement in "update shelf set name = 'stolen' where id = :id", "delete from shelf where id = :id":
        with database.transaction(theirs, TENANT) as uow:
            changed = uow.session.execute(text(statement), {"id": shelf_id})
            assert changed.rowcount == 0  # type: ignore[attr-defined]
    assert _seen(database, ours, shelf_id) == 1


def test_a_list_holds_ones_own_rows_only(database: Database, ours: Context, theirs: Context) -> None:
    add_shelf(database, ours, "a")
    add_shelf(database, theirs, "b")
    with database.transaction(ours, TENANT) as uow:
        assert list(uow.session.execute(text("select name from shelf")).scalars()) == ["a"]


def test_a_row_cannot_be_given_to_another_tenant(database: Database, ours: Context, theirs: Context) -> None:
    shelf_id = add_shelf(database, ours, "mine")
    gift = {"tenant": theirs.tenant_id, "id": shelf_id}
    for statement in (
        "update shelf set tenant_id = :tenant where id = :id",
        "insert into shelf values (:tenant, :id, 'planted')",
    ):
        with pytest.raises(ProgrammingError, match="row-level security"), database.transaction(ours, TENANT) as uow:
            uow.session.execute(text(statement), gift)


def test_a_reference_to_another_tenants_row_is_refused(database: Database, ours: Context, theirs: Context) -> None:
    shelf_id = add_shelf(database, ours, "mine")
    book = {"tenant": theirs.tenant_id, "id": ids.new_id(), "shelf": shelf_id}
    with (
        pytest.raises(IntegrityError, match="book_tenant_id_shelf_id_fkey"),
        database.transaction(theirs, TENANT) as uow,
    ):
        uow.session.execute(text("insert into book values (:tenant, :id, :shelf, 'x')"), book)


def test_a_tenants_transaction_needs_a_tenant(database: Database, nobody: Context) -> None:
    with pytest.raises(ValueError, match="needs a context"), database.transaction(nobody, TENANT):
        pass


def test_the_system_role_sees_the_listed_tables_only(database: Database, ours: Context, nobody: Context) -> None:
    add_shelf(database, ours, "a")
    assert count_all(database, "shelf") == 1
    with pytest.raises(ProgrammingError, match="permission denied"), database.transaction(nobody, SYSTEM) as uow:
        uow.session.execute(text("select * from book"))
    with pytest.raises(ProgrammingError, match="permission denied"), database.transaction(nobody, SYSTEM) as uow:
        uow.session.execute(text("update shelf set name = 'x'"))


def test_a_tenant_sees_neither_outbox_nor_counter(database: Database, ours: Context) -> None:
    for table in "outbox", "outbox_counter":
        with pytest.raises(ProgrammingError, match="permission denied"), database.transaction(ours, TENANT) as uow:
            uow.session.execute(text(f"select * from {table}"))


def test_a_tenant_cannot_publish_in_anothers_name(database: Database, ours: Context, theirs: Context) -> None:
    event = ShelfBuiltV1(shelf_id="1")
    with pytest.raises(ValueError, match="another tenant"), database.transaction(ours, TENANT) as uow:
        uow.publish(event, tenant_id=theirs.tenant_id)
    with pytest.raises(ProgrammingError, match="row-level security"), database.transaction(ours, TENANT) as uow:
        outbox.append(uow.session, [outbox.row_of(event, ours, theirs.tenant_id, uow.now)])
    with pytest.raises(ProgrammingError, match="row-level security"), database.transaction(ours, TENANT) as uow:
        outbox.append(uow.session, [outbox.row_of(event, ours, None, uow.now)])


def test_speaking_for_a_tenant_inside_a_system_transaction(
    database: Database, ours: Context, theirs: Context, nobody: Context
) -> None:
    add_shelf(database, ours, "a")
    add_shelf(database, theirs, "b")
    names = text("select name from shelf order by name")
    with database.transaction(nobody, SYSTEM) as uow:
        assert list(uow.session.execute(names).scalars()) == ["a", "b"]
        with uow.as_tenant(ours.tenant_id or ""):
            assert uow.tenant_id == ours.tenant_id
            assert list(uow.session.execute(names).scalars()) == ["a"]
            with uow.as_system():
                assert not uow.has_tenant
                assert list(uow.session.execute(names).scalars()) == ["a", "b"]
            with uow.as_tenant(theirs.tenant_id or ""):
                assert list(uow.session.execute(names).scalars()) == ["b"]
            assert list(uow.session.execute(names).scalars()) == ["a"]
        assert list(uow.session.execute(names).scalars()) == ["a", "b"]
        with pytest.raises(LookupError):
            _ = uow.tenant_id


def test_an_error_while_speaking_for_a_tenant_stays_itself(database: Database, ours: Context, nobody: Context) -> None:
    with (
        pytest.raises(ProgrammingError, match="nonsense"),
        database.transaction(nobody, SYSTEM) as uow,
        uow.as_tenant(ours.tenant_id or ""),
    ):
        uow.session.execute(text("select nonsense"))


def test_only_a_system_transaction_may_speak_for_others(database: Database, ours: Context, theirs: Context) -> None:
    with database.transaction(ours, TENANT) as uow, pytest.raises(RuntimeError), uow.as_tenant(theirs.tenant_id or ""):
        pass


def test_nothing_of_a_transaction_stays_on_its_connection(
    library: PrivateDatabase, database: Database, ours: Context, nobody: Context
) -> None:
    one = Database(library.app_url, "library", EngineOptions(pool_size=1, max_overflow=0))
    who = text("select current_user, current_setting('app.tenant_id', true), current_setting('transaction_read_only')")
    add_shelf(database, ours, "a")
    try:
        for context, scope in ((nobody, SYSTEM), (ours, TENANT)):
            with pytest.raises(ZeroDivisionError), one.transaction(context, scope):
                _ = 1 / 0
            with one.transaction(context, scope, read_only=True):
                pass
            with one._engine.connect() as bare:
                assert tuple(bare.execute(who).one()) == (library.roles.app, "", "off")
                assert bare.exec_driver_sql("select count(*) from shelf").scalar_one() == 0
    finally:
        one.close()


def test_a_connection_without_any_setting_sees_nothing(
    library: PrivateDatabase, database: Database, ours: Context
) -> None:
    add_shelf(database, ours, "a")
    with connected(library.app_url) as bare:
        assert bare.exec_driver_sql("select count(*) from shelf").scalar_one() == 0


def test_a_read_only_transaction_writes_nothing(database: Database, ours: Context) -> None:
    with (
        pytest.raises(sa.exc.InternalError, match="read-only"),
        database.transaction(ours, TENANT, read_only=True) as uow,
    ):
        uow.session.execute(text("insert into shelf values (:t, :t, 'x')"), {"t": uow.tenant_id})


def test_the_rule_of_the_tenant_uses_the_index(library: PrivateDatabase, database: Database, ours: Context) -> None:
    with connected(library.admin_url) as admin:
        admin.exec_driver_sql(
            "insert into shelf select gen_random_uuid(), gen_random_uuid(), 'n' from generate_series(1, 3000)"
        )
        admin.exec_driver_sql("analyze shelf")
    with database.transaction(ours, TENANT) as uow:
        plan = "\n".join(uow.session.execute(text("explain select * from shelf")).scalars())
    assert "Index" in plan
    assert "InitPlan" in plan
