"""S-20: the catalogue check finds what it is there to find."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.common.kit import tenancy
from services.common.kit.catalogue import AllowList, catalogue_problems
from tests.integration.databases import PrivateDatabase, PrivateServer, connected, migrating

_ALLOWED = AllowList(system={"shelf": "select"})

_PLANTED: dict[str, Callable[[PrivateDatabase], str]] = {
    "has no tenant_id and is not listed": lambda _: "create table stray (id uuid primary key)",
    "row-level security is not enabled and forced": lambda _: "create table bare (tenant_id uuid not null)",
    "shelf has a tenant_id but row-level": lambda _: "alter table shelf no force row level security",
    "shelf does not have exactly one policy": lambda db: (
        f"create policy all_rows on shelf for select to {db.roles.app} using (true)"
    ),
    "book does not have exactly one policy": lambda _: "drop policy tenant on book",
    "the system role may ['select'] on book": lambda db: f"grant select on book to {db.roles.system}",
    "the system role may ['select', 'update'] on shelf": lambda db: (
        f"grant update (name) on shelf to {db.roles.system}"
    ),
    "the service may ['truncate'] on book": lambda db: f"grant truncate on book to {db.roles.app}",
    "outbox_default is a partition": lambda db: f"grant select on outbox_default to {db.roles.app}",
    "does not contain the tenant": lambda _: (
        "alter table shelf add constraint shelf_lone_key unique (id);"
        " alter table book add constraint book_lone_fkey foreign key (shelf_id) references shelf (id)"
    ),
    "the unique index book_title_key of book": lambda _: (
        "alter table book add constraint book_title_key unique (title)"
    ),
    "the view titles": lambda _: "create view titles as select title from book",
    "the function peek": lambda _: (
        "create function peek() returns bigint security definer language sql as 'select count(*) from book'"
    ),
    "has the rights of the owner": lambda db: f"grant {db.roles.owner} to {db.roles.app}",
    "is not bound by row-level security": lambda db: f"alter role {db.roles.app} bypassrls",
    "without switching to it": lambda db: f"alter role {db.roles.app} inherit",
}


def test_the_kits_tables_and_a_tidy_service_pass(library: PrivateDatabase) -> None:
    with connected(library.admin_url) as admin:
        assert catalogue_problems(admin, library.roles, _ALLOWED) == []


def test_what_is_listed_must_exist(library: PrivateDatabase) -> None:
    allowed = AllowList(system={"shelf": "select", "attic": "select"}, platform_unique=frozenset({"no_such_key"}))
    with connected(library.admin_url) as admin:
        problems = catalogue_problems(admin, library.roles, allowed)
    assert len(problems) == 2
    assert "attic" in problems[0]
    assert "no_such_key" in problems[1]


@pytest.mark.parametrize("sentence", _PLANTED)
def test_a_planted_fault_is_reported(library: PrivateDatabase, sentence: str) -> None:
    with connected(library.admin_url) as admin:
        admin.exec_driver_sql(_PLANTED[sentence](library))
        problems = catalogue_problems(admin, library.roles, _ALLOWED)
        admin.rollback()
    assert any(sentence in problem for problem in problems), problems


def test_the_kits_tables_can_be_taken_away_again(private_server: PrivateServer) -> None:
    private = private_server.create("attic")
    with migrating(private) as op:
        tenancy.create_kit_tables(op)
        tenancy.drop_kit_tables(op)
    with connected(private.admin_url) as admin:
        left = admin.exec_driver_sql("select count(*) from pg_class where relnamespace = 'public'::regnamespace")
        assert left.scalar_one() == 0
