"""A small service: the kit's tables, and two tenant tables of which one refers to the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from services.common.kit import ids, tenancy
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.uow import SYSTEM, TENANT
from tests.integration.databases import PrivateDatabase, PrivateServer, connected, migrating

_TABLES = """
create table shelf (
    tenant_id uuid not null, id uuid not null, name text not null,
    primary key (tenant_id, id), constraint shelf_name_key unique (tenant_id, name)
);
create table book (
    tenant_id uuid not null, id uuid not null, shelf_id uuid not null, title text not null,
    primary key (tenant_id, id), foreign key (tenant_id, shelf_id) references shelf (tenant_id, id)
)
"""


@pytest.fixture(scope="session")
def library(private_server: PrivateServer) -> PrivateDatabase:
    """The database of that service."""
    private = private_server.create("library")
    with migrating(private) as op:
        tenancy.create_kit_tables(op)
        op.execute(_TABLES)
        for table in "shelf", "book":
            tenancy.enable_tenant_security(op, table)
        tenancy.allow_system(op, "shelf", "select")
    return private


@pytest.fixture
def database(library: PrivateDatabase, open_database: Callable[[PrivateDatabase], Database]) -> Database:
    """Connected as the service; the kit's tables are empty."""
    with connected(library.admin_url) as admin:
        admin.exec_driver_sql("truncate outbox, inbox, idempotency, book, shelf")
        admin.exec_driver_sql("update outbox_counter set last = 0")
    return open_database(library)


@pytest.fixture
def ours() -> Context:
    """A caller of one tenant."""
    return Context.new(tenant_id=ids.new_id(), caller="user:1")


@pytest.fixture
def theirs() -> Context:
    """A caller of another."""
    return Context.new(tenant_id=ids.new_id(), caller="user:2")


@pytest.fixture
def nobody() -> Context:
    """A path without a tenant."""
    return Context.new()


def add_shelf(database: Database, context: Context, name: str) -> str:
    """A shelf of the context's tenant."""
    shelf_id = ids.new_id()
    with database.transaction(context, TENANT) as uow:
        uow.session.execute(
            text("insert into shelf values (:tenant, :id, :name)"),
            {"tenant": uow.tenant_id, "id": shelf_id, "name": name},
        )
    return shelf_id


def count_all(database: Database, table: str) -> int:
    """Rows of all tenants, where the system role may see them."""
    with database.transaction(Context.new(), SYSTEM) as uow:
        return int(uow.session.execute(text(f"select count(*) from {table}")).scalar_one())
