"""Private databases for tests: roles and databases of their own on a real server, dropped when the run ends.

The server is the one of `TEST_POSTGRES_URL` (an administrator's login), by default the machine's own.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg2
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from services.common.kit import migrations
from services.common.kit.engine import plain_url
from services.common.kit.uow import Roles

ADMIN_URL = os.environ.get("TEST_POSTGRES_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


@dataclass(frozen=True)
class PrivateDatabase:
    """The logins of one database."""

    name: str
    service: str
    roles: Roles
    password: str

    @property
    def app_url(self) -> str:
        """For `Database`."""
        return self._url(self.roles.app)

    @property
    def owner_url(self) -> str:
        """For migrations."""
        return self._url(self.roles.owner)

    @property
    def admin_url(self) -> str:
        """For looking behind row-level security."""
        return sa.make_url(ADMIN_URL).set(database=self.name).render_as_string(hide_password=False)

    def _url(self, role: str) -> str:
        url = sa.make_url(ADMIN_URL).set(username=role, password=self.password, database=self.name)
        return url.render_as_string(hide_password=False)


@contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    """A connection that commits when the block ends."""
    engine = sa.create_engine(plain_url(url), poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        yield connection


@contextmanager
def migrating(database: PrivateDatabase) -> Iterator[Operations]:
    """Alembic's operations, as the owner, for a test that makes its own tables."""
    with connected(database.owner_url) as connection:
        yield Operations(MigrationContext.configure(connection))


class PrivateServer:
    """Makes databases and drops all of them in the end."""

    def __init__(self) -> None:
        self._password = secrets.token_hex(8)
        self._made: list[PrivateDatabase] = []
        self._migrated: dict[str, PrivateDatabase] = {}

    def create(self, service: str) -> PrivateDatabase:
        """An empty database with the three roles of a service."""
        prefix = f"d_{secrets.token_hex(3)}_{service}"
        database = PrivateDatabase(
            prefix, service, Roles(f"{prefix}_owner", f"{prefix}_app", f"{prefix}_system"), self._password
        )
        self._made.append(database)
        roles = database.roles
        _administer(
            f"create role {roles.owner} login password '{self._password}'",
            f"create role {roles.app} login noinherit password '{self._password}'",
            f"create role {roles.system} nologin",
            f"grant {roles.system} to {roles.app}",
        )
        self._create_database(database, "template0")
        return database

    def migrated(self, service: str) -> PrivateDatabase:
        """The run's database of a service, migrated to the head; the same one each time it is asked for."""
        if service not in self._migrated:
            database = self.create(service)
            migrations.upgrade(service, database.owner_url)
            self._migrated[service] = database
        return self._migrated[service]

    def drop_all(self) -> None:
        """Databases first, then the roles that own something in them."""
        for database in self._made:
            _administer(f"drop database if exists {database.name} with (force)")
        for database in self._made:
            roles = database.roles
            _administer(f"drop role if exists {roles.app}, {roles.system}, {roles.owner}")

    @staticmethod
    def _create_database(database: PrivateDatabase, template: str) -> None:
        roles = database.roles
        _administer(f"create database {database.name} owner {roles.owner} template {template}")
        with connected(database.admin_url) as connection:
            connection.exec_driver_sql(f"alter schema public owner to {roles.owner}")
            connection.exec_driver_sql("revoke create on schema public from public")
            connection.exec_driver_sql(f"grant usage on schema public to {roles.app}, {roles.system}")


def _administer(*statements: str) -> None:
    connection = psycopg2.connect(ADMIN_URL)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()
