"""What is stored, read by the administrator past row-level security: the second opinion on what the API says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection  # noqa: N812  a class, whatever it is called there

from tests.e2e.patience import eventually

SERVICES = ("auth", "tenants", "bookings", "messaging", "analytics")

# Answers kept for repeated calls are no business data, and signing in leaves its traces.
_TRACES = frozenset({"idempotency"})

_TENANT_TABLES = """
    select c.table_name from information_schema.columns c
    join pg_class t on t.relname = c.table_name and t.relnamespace = 'public'::regnamespace
    where c.table_schema = 'public' and c.column_name = 'tenant_id' and not t.relispartition
    order by c.table_name
"""

Fingerprint = dict[str, tuple[int, str]]


class Stored:
    """The databases of the running system. `admin_url` logs in as their superuser."""

    def __init__(self, admin_url: str) -> None:
        self._base = admin_url.rpartition("/")[0]

    def rows(self, service: str, statement: str, *values: Any) -> Sequence[tuple[Any, ...]]:
        """The rows of one query."""
        with self._connected(service) as connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()

    def value(self, service: str, statement: str, *values: Any) -> Any:
        """The first column of the first row."""
        return self.rows(service, statement, *values)[0][0]

    def change(self, service: str, statement: str, *values: Any) -> int:
        """Arrange what would take too long to happen by itself; return how many rows it concerned."""
        with self._connected(service) as connection, connection, connection.cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount)

    def fingerprint(self, *tenant_ids: str) -> Fingerprint:
        """Row count and checksum of everything that these tenants have in any table of any service."""
        found: Fingerprint = {}
        for service in SERVICES:
            for (table,) in self.rows(service, _TENANT_TABLES):
                if table in _TRACES:
                    continue
                statement = (
                    f"select count(*), coalesce(md5(string_agg(row, ' ' order by row)), '')"
                    f" from (select t::text as row from {table} t where tenant_id = any(%s::uuid[])) rows"
                )
                ((count, checksum),) = self.rows(service, statement, list(tenant_ids))
                found[f"{service}.{table}"] = (count, checksum)
        return found

    def await_quiet(self, *tenant_ids: str) -> None:
        """Wait until every event of these tenants has left its outbox and come to each of its consumers."""
        eventually("empty outboxes", lambda: not self._waiting(tenant_ids))

    def _waiting(self, tenant_ids: tuple[str, ...]) -> int:
        """How many events are still under way."""
        return sum(self._unpublished(source, tenant_ids) for source in SERVICES) + self._uncounted(tenant_ids)

    def _unpublished(self, source: str, tenant_ids: tuple[str, ...]) -> int:
        statement = "select count(*) from outbox where published_at is null and tenant_id = any(%s::uuid[])"
        return int(self.value(source, statement, list(tenant_ids)))

    def _uncounted(self, tenant_ids: tuple[str, ...]) -> int:
        statement = (
            "select event_id::text from outbox where routing_key like 'message.%%' and tenant_id = any(%s::uuid[])"
        )
        told = [event_id for (event_id,) in self.rows("messaging", statement, list(tenant_ids))]
        heard = "select count(*) from inbox where event_id = any(%s::uuid[])"
        return len(told) - int(self.value("analytics", heard, told))

    @contextmanager
    def _connected(self, service: str) -> Iterator[Connection]:
        connection = psycopg2.connect(f"{self._base}/{service}")
        try:
            yield connection
        finally:
            connection.close()
