"""One transaction on a connection of the pool: how it begins, what runs in it, how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import psycopg2
import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.common.kit.reads import Read


class Speaker(NamedTuple):
    """For whom a transaction speaks: settings that hold until it ends, and the values in their text.

    Their names have a dot, so that no value of a `Read`, which is given as a keyword, is taken for one of them.
    """

    settings: str
    values: Mapping[str, str]


class Transaction:
    """Begins with its first statement in the same round trip, if it only reads; otherwise at once.

    While nobody has asked for its session, a reading one does not even begin: each `Read` goes out together with the
    settings, as a transaction of its own that the server ends by itself. At READ COMMITTED each statement sees the
    state of its own instant anyway, whether in one transaction or in several.
    """

    def __init__(self, engine: sa.Engine, speaker: Speaker, *, read_only: bool) -> None:
        self._engine, self._speaker, self._read_only = engine, speaker, read_only
        self._connection: sa.Connection | None = None
        self._session: Session | None = None

    def __enter__(self) -> Self:
        if not self._read_only:
            try:
                self._begin()
            except BaseException as error:
                self._end(error)
                raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._end(error)

    @property
    def session(self) -> Session:
        """For everything that is not a `Read`."""
        return self._session or self._begin()

    def run(self, read: Read, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows as the driver gives them."""
        if self._session is None:
            settings = f"{self._speaker.settings}; set local transaction_read_only = on; "
            return self._run_first(settings + read.text, {**values, **self._speaker.values})
        self._session.flush()  # what is pending must be seen
        return _run(self._session.connection(), read.text, values)

    def commit(self) -> None:
        """Write what is pending and end the transaction, if there is one."""
        if self._session is not None:
            self._session.commit()

    def flush(self) -> None:
        """Write what is pending."""
        if self._session is not None:
            self._session.flush()

    def _begin(self) -> Session:
        begin = "begin read only; " if self._read_only else "begin; "
        self._run_first(begin + self._speaker.settings, self._speaker.values)
        self._session = Session(self._connection, expire_on_commit=False, join_transaction_mode="control_fully")
        return self._session

    def _run_first(self, text: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Run a statement outside of any transaction; the first one on a connection stands in for a ping.

        Nothing has happened yet, so when the connection turns out to be dead, the pool has thrown it and all others of
        its age away, and a fresh one is taken.
        """
        if self._connection is None:
            self._connection = self._engine.connect()
            try:
                return _run(self._connection, text, values)
            except sa.exc.DBAPIError as error:
                if not error.connection_invalidated:
                    raise
            self._connection.close()
            self._connection = None  # whatever strikes while a fresh one is made, this one is nobody's any more
            self._connection = self._engine.connect()
        return _run(self._connection, text, values)

    def _end(self, error: BaseException | None) -> None:
        if self._connection is None:
            return
        if error is not None and not isinstance(error, Exception):
            # A time limit or the end of the greenthread may have struck in the middle of a query.
            self._connection.invalidate()
        if self._session is not None:
            self._session.close()  # rolls back what was not committed
        self._connection.close()


def _run(connection: sa.Connection, text: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Past SQLAlchemy to the driver, but with SQLAlchemy's errors and its care for a connection that is lost."""
    driver: Any = connection.connection.dbapi_connection
    cursor = None
    try:
        cursor = driver.cursor()
        cursor.execute(text, values)
        return cursor.fetchall() if cursor.description else []
    except psycopg2.Error as error:
        connection._handle_dbapi_exception(error, text, None, cursor, None)  # noqa: SLF001  it has no public name
