"""One service's database: transactions that know their tenant, and the errors of SQL told apart.

A service declares its models on a base of its own, because several services may live in one process:

    class Base(DeclarativeBase):
        metadata = new_metadata()
        type_annotation_map = COLUMN_TYPES
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from services.common.contracts.base import Envelope
from services.common.contracts.errors import ServiceError
from services.common.kit import open_transaction
from services.common.kit.context import Context
from services.common.kit.engine import EngineOptions, make_engine
from services.common.kit.transaction import Speaker, Transaction
from services.common.kit.uow import Roles, Scope, UnitOfWork

COLUMN_TYPES: dict[Any, Any] = {
    str: sa.Text(),
    int: sa.BigInteger(),
    datetime: sa.DateTime(timezone=True),
}

_LIMIT_OF_THE_PROGRAM = "54"
"""The class of SQLSTATE for what exceeds a limit of PostgreSQL itself."""

_NAMES = {
    "pk": "%(table_name)s_pkey",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}


def new_metadata() -> sa.MetaData:
    """Metadata that names constraints as PostgreSQL would, so that repositories can rely on the names."""
    return sa.MetaData(naming_convention=_NAMES)


class TenantOwned:
    """Mixin for a table of the tenants: the key begins with the tenant, so that foreign keys can contain it."""

    tenant_id: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True, sort_order=-2)
    id: Mapped[str] = mapped_column(sa.Uuid(as_uuid=False), primary_key=True, sort_order=-1)


class Database:
    """A pool and its transactions. Make one per process and service; share it between threads or greenthreads."""

    def __init__(self, url: str, service: str, options: EngineOptions | None = None) -> None:
        self.service = service
        self.roles = Roles.of_app(sa.make_url(url).username or "")
        self._engine = make_engine(url, f"frontdesk {service}", options or EngineOptions())
        self._stored_events: Callable[[], None] = _ignore

    def on_stored_events(self, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit that has put events into the outbox."""
        self._stored_events = wake

    @contextmanager
    def transaction(
        self, context: Context, scope: Scope, *, read_only: bool = False, envelope: Envelope | None = None
    ) -> Iterator[UnitOfWork]:
        """Commit when the block ends, roll back when anything at all is raised in it.

        In `TENANT` scope the tenant is that of the context. Raises inside another transaction.
        """
        open_transaction.refuse("a transaction")
        speaker = _speaker(context, scope, self.roles)
        with (
            open_transaction.marked(),
            Transaction(self._engine, speaker, read_only=read_only) as transaction,
        ):
            uow = UnitOfWork(transaction, context, scope, self.roles, envelope)
            yield uow
            uow.store_events()
            transaction.commit()
        if uow.has_events:
            self._stored_events()
        uow.run_after_commit()

    def ping(self) -> None:
        """Raise unless the database answers."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql("select 1")

    def close(self) -> None:
        """Close the connections that nobody uses; the rest as they come back."""
        self._engine.dispose()


def _ignore() -> None:
    """Nobody waits for events of this process."""


def _speaker(context: Context, scope: Scope, roles: Roles) -> Speaker:
    if scope is Scope.SYSTEM:
        return Speaker("set local app.tenant_id = ''; set local role = %(app.role)s", {"app.role": roles.system})
    if not context.tenant_id:
        msg = "a transaction of a tenant needs a context with one"
        raise ValueError(msg)
    return Speaker("set local app.tenant_id = %(app.tenant_id)s", {"app.tenant_id": context.tenant_id})


def is_infrastructure_error(error: BaseException) -> bool:
    """Whether the database, not the request, is to blame: away, overloaded, out of time, or a deadlock was broken.

    Such work may be tried again as it is; a message's attempts are not used up by it.
    """
    if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, sa.exc.OperationalError) and _sqlstate(error).startswith(_LIMIT_OF_THE_PROGRAM):
        return False  # a row too long for its index stays so, however often it is tried
    return isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError | sa.exc.TimeoutError)


def _sqlstate(error: sa.exc.DBAPIError) -> str:
    return getattr(error.orig, "pgcode", None) or ""


@contextmanager
def domain_errors(by_constraint: Mapping[str, Callable[[], ServiceError]]) -> Iterator[None]:
    """Raise the domain's error in place of a violated constraint, e.g. `{"users_email_key": EmailTaken}`.

    Flush inside the block. The transaction is lost afterwards, as after any failed statement; to go on in it, put a
    savepoint (`session.begin_nested()`) inside the block.
    """
    try:
        yield
    except sa.exc.IntegrityError as error:
        make = by_constraint.get(violated_constraint(error) or "")
        if make is None:
            raise
        raise make() from error


def violated_constraint(error: sa.exc.IntegrityError) -> str | None:
    """The name of the constraint, where the server told it."""
    diagnostics = getattr(error.orig, "diag", None)
    return diagnostics.constraint_name if diagnostics is not None else None
