"""Transactions end as they should, whatever ends them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import eventlet
import psycopg2
import pytest
import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from services.common.contracts.errors import Conflict
from services.common.kit import open_transaction
from services.common.kit.context import Context
from services.common.kit.database import Database, domain_errors, is_infrastructure_error
from services.common.kit.engine import EngineOptions, install_wait_callback
from services.common.kit.uow import SYSTEM, TENANT
from tests.integration.databases import PrivateDatabase, connected
from tests.integration.kit.conftest import add_shelf, count_all


class NameTaken(Conflict):
    """The name is taken."""

    code = "library.name_taken"


@pytest.fixture
def narrow(library: PrivateDatabase, database: Database) -> Iterator[Database]:
    """One connection for all: whatever is left on it, the next transaction meets."""
    one = Database(library.app_url, "library", EngineOptions(pool_size=1, max_overflow=0, pool_timeout=0.3))
    yield one
    one.close()


@pytest.mark.parametrize("raised", [ValueError, eventlet.Timeout, eventlet.greenlet.GreenletExit, KeyboardInterrupt])
def test_whatever_is_raised_rolls_back(narrow: Database, ours: Context, raised: type[BaseException]) -> None:
    def fail_midway() -> None:
        with narrow.transaction(ours, TENANT) as uow:
            uow.session.execute(text("insert into shelf values (:t, :t, 'x')"), {"t": uow.tenant_id})
            raise raised

    with pytest.raises(raised):
        fail_midway()
    assert count_all(narrow, "shelf") == 0
    assert add_shelf(narrow, ours, "next")


def test_a_time_limit_in_the_middle_of_a_query_leaves_no_half_used_connection(narrow: Database, ours: Context) -> None:
    started = time.monotonic()
    with pytest.raises(eventlet.Timeout), eventlet.Timeout(0.2), narrow.transaction(ours, TENANT) as uow:
        uow.session.execute(text("select pg_sleep(3)"))
    assert time.monotonic() - started < 1
    assert add_shelf(narrow, ours, "next")


def test_a_killed_greenthread_gives_its_connection_back(narrow: Database, ours: Context) -> None:
    def sleep() -> None:
        with narrow.transaction(ours, TENANT) as uow:
            uow.session.execute(text("select pg_sleep(3)"))

    thread = eventlet.spawn(sleep)
    eventlet.sleep(0.1)
    thread.kill()
    assert add_shelf(narrow, ours, "next")


def test_a_commit_that_the_server_turned_into_a_rollback_is_an_error(narrow: Database, ours: Context) -> None:
    def swallow_an_error() -> None:
        with narrow.transaction(ours, TENANT) as uow:
            uow.session.execute(text("insert into shelf values (:t, :t, 'x')"), {"t": uow.tenant_id})
            with contextlib.suppress(sa.exc.ProgrammingError):
                uow.session.execute(text("select nonsense"))

    with pytest.raises(sa.exc.InternalError, match="nothing was stored"):
        swallow_an_error()
    assert count_all(narrow, "shelf") == 0


def test_a_connection_that_died_in_the_pool_is_replaced_unnoticed(
    library: PrivateDatabase, narrow: Database, ours: Context
) -> None:
    add_shelf(narrow, ours, "before")
    with connected(library.admin_url) as admin:
        admin.execute(
            text("select pg_terminate_backend(pid) from pg_stat_activity where usename = :name"),
            {"name": library.roles.app},
        )
    eventlet.sleep(0.1)
    assert add_shelf(narrow, ours, "after")


def test_a_connection_that_dies_in_the_transaction_is_an_infrastructure_error(
    library: PrivateDatabase, narrow: Database, ours: Context
) -> None:
    def lose_the_connection() -> None:
        with narrow.transaction(ours, TENANT) as uow:
            pid = uow.session.execute(text("select pg_backend_pid()")).scalar_one()
            with connected(library.admin_url) as admin:
                admin.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
            eventlet.sleep(0.1)
            uow.session.execute(text("select 1"))

    with pytest.raises(OperationalError) as lost:
        lose_the_connection()
    assert is_infrastructure_error(lost.value)
    assert add_shelf(narrow, ours, "next")


def test_a_connection_that_dies_while_speaking_for_a_tenant_is_told_as_such(
    library: PrivateDatabase, database: Database, ours: Context
) -> None:
    def lose_the_connection() -> None:
        with (
            database.transaction(Context.new(), SYSTEM) as uow,
            uow.session.begin_nested(),
            uow.as_tenant(ours.tenant_id or ""),
        ):
            pid = uow.session.execute(text("select pg_backend_pid()")).scalar_one()
            with connected(library.admin_url) as admin:
                admin.execute(text("select pg_terminate_backend(:pid)"), {"pid": pid})
            eventlet.sleep(0.1)
            uow.session.execute(text("select 1"))

    with pytest.raises(OperationalError) as lost:
        lose_the_connection()
    assert is_infrastructure_error(lost.value)


def test_a_pool_that_is_used_up_is_an_infrastructure_error(narrow: Database, ours: Context) -> None:
    def hold() -> None:
        with narrow.transaction(ours, TENANT):
            eventlet.sleep(1)

    holder = eventlet.spawn(hold)
    eventlet.sleep(0.05)
    with pytest.raises(sa.exc.TimeoutError) as full, narrow.transaction(ours, TENANT):
        pass
    assert is_infrastructure_error(full.value)
    holder.wait()


def test_a_violated_constraint_is_not(narrow: Database, ours: Context) -> None:
    add_shelf(narrow, ours, "twice")
    with pytest.raises(IntegrityError) as violated:
        add_shelf(narrow, ours, "twice")
    assert not is_infrastructure_error(violated.value)
    assert not is_infrastructure_error(ValueError())


def test_an_error_does_not_tell_the_values(narrow: Database, ours: Context) -> None:
    with pytest.raises(sa.exc.DataError) as refused, narrow.transaction(ours, TENANT) as uow:
        uow.session.execute(text("select 1 / 0, cast(:words as text)"), {"words": "what a customer wrote"})
    assert "what a customer wrote" not in str(refused.value)


def test_a_constraint_speaks_the_domains_language(narrow: Database, ours: Context) -> None:
    add_shelf(narrow, ours, "twice")
    with pytest.raises(NameTaken), domain_errors({"shelf_name_key": NameTaken}):
        add_shelf(narrow, ours, "twice")
    with pytest.raises(IntegrityError), domain_errors({"another_key": NameTaken}):
        add_shelf(narrow, ours, "twice")


def test_after_a_refused_savepoint_the_transaction_goes_on(narrow: Database, ours: Context) -> None:
    add_shelf(narrow, ours, "twice")
    insert = text("insert into shelf values (:t, gen_random_uuid(), :name)")
    with narrow.transaction(ours, TENANT) as uow:
        with (
            pytest.raises(NameTaken),
            domain_errors({"shelf_name_key": NameTaken}),
            uow.session.begin_nested(),
        ):
            uow.session.execute(insert, {"t": uow.tenant_id, "name": "twice"})
        uow.session.execute(insert, {"t": uow.tenant_id, "name": "once"})
    assert count_all(narrow, "shelf") == 2


def test_no_transaction_inside_another_and_no_call_inside_one(database: Database, ours: Context) -> None:
    with database.transaction(ours, TENANT):
        with pytest.raises(RuntimeError), database.transaction(ours, TENANT):
            pass
        with pytest.raises(RuntimeError):
            open_transaction.refuse("a call")
        eventlet.spawn(open_transaction.refuse, "a call from another greenthread").wait()
    open_transaction.refuse("a call")


def test_after_commit_runs_after_the_commit_and_only_then(database: Database, ours: Context) -> None:
    seen: list[str] = []

    def failing() -> None:
        raise ValueError

    def fail() -> None:
        with database.transaction(ours, TENANT) as uow:
            uow.after_commit(lambda: seen.append("never"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.transaction(ours, TENANT) as uow:
        uow.after_commit(failing)
        uow.after_commit(lambda: open_transaction.refuse("a call"))
        uow.after_commit(lambda: seen.append("once"))
        assert seen == []
    assert seen == ["once"]


def test_transactions_of_greenthreads_do_not_wait_for_each_other(database: Database, ours: Context) -> None:
    def sleep() -> None:
        with database.transaction(ours, TENANT) as uow:
            uow.session.execute(text("select pg_sleep(0.3)"))

    started = time.monotonic()
    for thread in [eventlet.spawn(sleep) for _ in range(8)]:
        thread.wait()
    assert time.monotonic() - started < 1


def test_a_statement_that_runs_too_long_is_ended_by_the_server(library: PrivateDatabase, ours: Context) -> None:
    hasty = Database(library.app_url, "library", EngineOptions(statement_timeout=0.2))
    with pytest.raises(OperationalError, match="statement timeout") as ended, hasty.transaction(ours, TENANT) as uow:
        uow.session.execute(text("select pg_sleep(3)"))
    assert is_infrastructure_error(ended.value)
    hasty.close()


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A port that accepts and never answers."""
    listener = eventlet.listen(("127.0.0.1", 0))
    yield listener.getsockname()[1]
    listener.close()


def test_a_server_that_does_not_answer_is_given_up_while_others_go_on(
    silent_server: int, ours: Context, open_database: Callable[[PrivateDatabase], Database]
) -> None:
    url = f"postgresql://d_library_app:x@127.0.0.1:{silent_server}/library"
    silent = Database(url, "library", EngineOptions(connect_timeout=1))
    ticks = []

    def tick() -> None:
        while True:
            ticks.append(time.monotonic())
            eventlet.sleep(0.05)

    ticking = eventlet.spawn(tick)
    started = time.monotonic()
    with pytest.raises(OperationalError, match="no answer") as given_up, silent.transaction(ours, TENANT):
        pass
    ticking.kill()
    assert time.monotonic() - started < 2
    assert len(ticks) > 10
    assert is_infrastructure_error(given_up.value)
    silent.close()


def test_a_query_whose_answer_never_comes_is_given_up(library: PrivateDatabase, ours: Context) -> None:
    patient = Database(library.app_url, "library")
    install_wait_callback(connect_limit=5, query_limit=0.3)
    started = time.monotonic()
    with pytest.raises(OperationalError, match="no answer"), patient.transaction(ours, TENANT) as uow:
        uow.session.execute(text("select pg_sleep(3)"))
    assert time.monotonic() - started < 1
    patient.close()
    install_wait_callback(connect_limit=5, query_limit=15)


def test_ping_tells_whether_the_database_answers(database: Database, silent_server: int) -> None:
    database.ping()
    gone = Database("postgresql://d_library_app@127.0.0.1:1/library", "library")
    with pytest.raises(OperationalError):
        gone.ping()
    gone.close()


def test_a_login_must_be_that_of_an_application() -> None:
    with pytest.raises(ValueError, match="does not end in _app"):
        Database("postgresql://postgres@127.0.0.1/library", "library")


def test_the_system_scope_needs_no_tenant(database: Database, nobody: Context) -> None:
    with database.transaction(nobody, SYSTEM) as uow:
        assert not uow.has_tenant


def test_psycopg2_waits_green() -> None:
    assert psycopg2.extensions.get_wait_callback() is not None
