"""What is asked of a database, seen at the driver: what goes out past SQLAlchemy counts as well."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from psycopg2 import extensions

from services.common.kit.database import Database


@contextlib.contextmanager
def noted(database: Database, note: Callable[[str], None]) -> Iterator[None]:
    """Tell of each statement, `BEGIN …` and `COMMIT` with the others, of whoever takes a connection in the block."""

    class Noting(extensions.cursor):
        def execute(self, query: Any, values: Any = None) -> None:
            note(str(query))
            super().execute(query, values)

    watched: list[Any] = []

    def watch(connection: Any, *_rest: Any) -> None:
        watched.append(connection)
        connection.cursor_factory = Noting

    sa.event.listen(database._engine, "checkout", watch)
    try:
        yield
    finally:
        sa.event.remove(database._engine, "checkout", watch)
        for connection in watched:
            connection.cursor_factory = extensions.cursor
