"""Prepared reads: sealed off, read-only and cleaned up after like any transaction, though they are none for long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import eventlet
import pytest
import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import OperationalError

from services.common.kit.context import Context
from services.common.kit.database import Database, is_infrastructure_error
from services.common.kit.engine import EngineOptions
from services.common.kit.patience import within
from services.common.kit.reads import TENANT_ID, Read
from services.common.kit.uow import SYSTEM, TENANT
from tests.integration.databases import PrivateDatabase, connected
from tests.integration.kit.conftest import add_shelf

_SHELF = sa.table("shelf", sa.column("tenant_id", sa.Uuid(as_uuid=False)), sa.column("name", sa.Text()))
_ALL_NAMES = Read(sa.select(_SHELF.c.name).order_by(_SHELF.c.name))
_OWN_NAMES = Read(sa.select(_SHELF.c.name).where(_SHELF.c.tenant_id == TENANT_ID))
_WHO = Read(
    sa.select(
        sa.literal_column("current_user").label("role"),
        sa.func.current_setting("app.tenant_id").label("tenant"),
        sa.func.current_setting("transaction_read_only").label("read_only"),
        sa.func.pg_backend_pid().label("pid"),
    )
)
_SLEEP = Read(sa.select(sa.func.pg_sleep(sa.bindparam("seconds")).label("slept")))
_KINDS = Read(
    sa.select(
        sa.bindparam("instant", type_=sa.DateTime(timezone=True)).label("instant"),
        sa.bindparam("row_id", type_=sa.Uuid(as_uuid=False)).label("row_id"),
        sa.bindparam("words", type_=ARRAY(sa.Text())).label("words"),
        sa.bindparam("speaker", type_=sa.Text()).label("speaker"),
        sa.literal(3, sa.BigInteger()).label("three"),
        sa.func.jsonb_build_object("a", 1).label("json"),
    )
)


@pytest.fixture
def narrow(library: PrivateDatabase, database: Database) -> Iterator[Database]:
    """One connection for all: whatever is left on it, the next transaction meets."""
    one = Database(library.app_url, "library", EngineOptions(pool_size=1, max_overflow=0, pool_timeout=0.3))
    yield one
    one.close()


def test_a_read_sees_the_rows_of_its_tenant_alone(narrow: Database, ours: Context, theirs: Context) -> None:
    add_shelf(narrow, ours, "a")
    add_shelf(narrow, theirs, "b")
    for context, names in ((ours, ["a"]), (theirs, ["b"]), (Context.new(tenant_id=ours.request_id), [])):
        for read_only in (True, False):
            with narrow.transaction(context, TENANT, read_only=read_only) as uow:
                assert [row.name for row in uow.rows(_ALL_NAMES)] == names
                assert [row.name for row in uow.rows(_OWN_NAMES)] == names


def test_a_read_of_no_tenant_speaks_as_the_system_role(
    library: PrivateDatabase, narrow: Database, ours: Context, theirs: Context, nobody: Context
) -> None:
    add_shelf(narrow, ours, "a")
    add_shelf(narrow, theirs, "b")
    with narrow.transaction(nobody, SYSTEM, read_only=True) as uow:
        assert [row.name for row in uow.rows(_ALL_NAMES)] == ["a", "b"]
        assert uow.first(_WHO)[:3] == (library.roles.system, "", "on")
        with pytest.raises(LookupError):
            uow.rows(_OWN_NAMES)
        with uow.as_tenant(ours.tenant_id or ""):
            assert [row.name for row in uow.rows(_ALL_NAMES)] == ["a"]
            assert [row.name for row in uow.rows(_OWN_NAMES)] == ["a"]
        assert [row.name for row in uow.rows(_ALL_NAMES)] == ["a", "b"]


def test_a_read_can_do_nothing_else_and_leaves_nothing(
    library: PrivateDatabase, narrow: Database, ours: Context, nobody: Context
) -> None:
    add_shelf(narrow, ours, "a")
    for context, scope, speaks_as in ((nobody, SYSTEM, ("system", "")), (ours, TENANT, ("app", ours.tenant_id))):
        with narrow.transaction(context, scope, read_only=True) as uow:
            role, tenant, read_only, pid = uow.first(_WHO)
            assert (role, tenant, read_only) == (getattr(library.roles, speaks_as[0]), speaks_as[1], "on")
        with narrow._engine.connect() as bare:
            left = "select current_user, current_setting('app.tenant_id'), current_setting('transaction_read_only')"
            assert tuple(bare.execute(text(left)).one()) == (library.roles.app, "", "off")
            assert bare.exec_driver_sql("select pg_backend_pid()").scalar_one() == pid
            assert bare.exec_driver_sql("select count(*) from shelf").scalar_one() == 0


def test_a_read_among_changes_is_part_of_their_transaction(narrow: Database, ours: Context) -> None:
    insert = text("insert into shelf values (:t, gen_random_uuid(), :name)")
    with narrow.transaction(ours, TENANT) as uow:
        uow.session.execute(insert, {"t": uow.tenant_id, "name": "a"})
        assert [row.name for row in uow.rows(_OWN_NAMES)] == ["a"]

    def add_and_fail() -> None:
        with narrow.transaction(ours, TENANT) as uow:
            assert uow.first(_WHO).read_only == "off"
            uow.session.execute(insert, {"t": uow.tenant_id, "name": "b"})
            assert len(uow.rows(_OWN_NAMES)) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        add_and_fail()
    with narrow.transaction(ours, TENANT, read_only=True) as uow:
        assert [row.name for row in uow.rows(_OWN_NAMES)] == ["a"]


def test_a_reading_session_and_prepared_reads_mix(narrow: Database, ours: Context) -> None:
    add_shelf(narrow, ours, "a")
    with narrow.transaction(ours, TENANT, read_only=True) as uow:
        assert uow.first(_OWN_NAMES).name == "a"
        assert list(uow.session.scalars(sa.select(_SHELF.c.name))) == ["a"]
        assert uow.first(_OWN_NAMES).name == "a"
        assert uow.first(_WHO).read_only == "on"


def test_values_come_and_go_in_the_types_of_their_columns(narrow: Database, ours: Context) -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
    given = {"instant": now, "row_id": ours.tenant_id, "words": ["a", "b' --"], "speaker": "Ann"}
    with narrow.transaction(ours, TENANT, read_only=True) as uow:
        row = uow.first(_KINDS, **given)
    assert row._asdict() == given | {"three": 3, "json": {"a": 1}}
    assert row.instant.tzinfo is UTC


def test_a_connection_that_died_in_the_pool_is_replaced_unnoticed(
    library: PrivateDatabase, narrow: Database, ours: Context
) -> None:
    add_shelf(narrow, ours, "before")
    _end_connections(library)
    with narrow.transaction(ours, TENANT, read_only=True) as uow:
        assert uow.first(_OWN_NAMES).name == "before"


def test_a_connection_that_dies_between_reads_is_an_infrastructure_error(
    library: PrivateDatabase, narrow: Database, ours: Context
) -> None:
    add_shelf(narrow, ours, "a")

    def lose_the_connection(*, read_only: bool) -> None:
        with narrow.transaction(ours, TENANT, read_only=read_only) as uow:
            uow.rows(_OWN_NAMES)
            _end_connections(library)
            uow.rows(_OWN_NAMES)

    for read_only in (True, False):
        with pytest.raises(OperationalError) as lost:
            lose_the_connection(read_only=read_only)
        assert is_infrastructure_error(lost.value)
        assert add_shelf(narrow, ours, f"next {read_only}")


@pytest.mark.parametrize("read_only", [True, False])
def test_a_time_limit_in_the_middle_of_a_read_leaves_no_half_used_connection(
    narrow: Database, ours: Context, *, read_only: bool
) -> None:
    started = time.monotonic()
    with (
        pytest.raises(eventlet.Timeout),
        eventlet.Timeout(0.2),
        narrow.transaction(ours, TENANT, read_only=read_only) as uow,
    ):
        uow.rows(_SLEEP, seconds=3)
    assert time.monotonic() - started < 1
    assert add_shelf(narrow, ours, "next")


@pytest.mark.parametrize("read_only", [True, False])
def test_a_connection_is_lent_no_more_when_somebody_has_swallowed_its_interruption(
    narrow: Database, ours: Context, *, read_only: bool
) -> None:
    with (
        pytest.raises(TimeoutError),
        narrow.transaction(ours, TENANT, read_only=read_only) as uow,
        within(0.2, TimeoutError),
    ):
        uow.rows(_SLEEP, seconds=3)
    assert add_shelf(narrow, ours, "next")


def test_a_time_limit_that_strikes_while_connecting_anew_is_not_hidden(
    library: PrivateDatabase, narrow: Database, ours: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_shelf(narrow, ours, "a")
    _end_connections(library)
    connect, pauses = narrow._engine.connect, [0.0, 3.0]

    def slower_each_time() -> sa.Connection:
        eventlet.sleep(pauses.pop(0))
        return connect()

    monkeypatch.setattr(narrow._engine, "connect", slower_each_time)
    with (
        pytest.raises(eventlet.Timeout),
        eventlet.Timeout(0.2),
        narrow.transaction(ours, TENANT, read_only=True) as uow,
    ):
        uow.rows(_OWN_NAMES)
    assert pauses == []
    monkeypatch.undo()
    assert add_shelf(narrow, ours, "next")


def test_a_failed_read_is_an_error_of_sqlalchemy_that_does_not_tell_the_values(narrow: Database, ours: Context) -> None:
    words = sa.bindparam("words", type_=sa.Text()).label("words")
    broken = Read(sa.select(sa.literal_column("1 / 0").label("nothing"), words))
    with (
        pytest.raises(sa.exc.DataError) as refused,
        narrow.transaction(ours, TENANT, read_only=True) as uow,
    ):
        uow.rows(broken, words="what a customer wrote")
    assert "what a customer wrote" not in str(refused.value)
    assert not is_infrastructure_error(refused.value)
    assert add_shelf(narrow, ours, "next")


def _end_connections(library: PrivateDatabase) -> None:
    with connected(library.admin_url) as admin:
        admin.execute(
            text("select pg_terminate_backend(pid) from pg_stat_activity where usename = :name"),
            {"name": library.roles.app},
        )
    eventlet.sleep(0.1)
