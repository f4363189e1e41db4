"""The unit of work: what a command sees of its transaction. It cannot commit; its entrypoint does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any

from psycopg2 import extensions
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.common.contracts.base import Envelope, Event
from services.common.kit import clock, outbox
from services.common.kit.context import Context
from services.common.kit.logging import get_logger
from services.common.kit.reads import TENANT_KEY, Read
from services.common.kit.transaction import Transaction

log = get_logger(__name__)

_SPEAK_AS = text("select set_config('app.tenant_id', :tenant_id, true), set_config('role', :role, true)")


class Scope(Enum):
    """For whom a transaction speaks."""

    TENANT = "tenant"
    """For the one tenant of the context: row-level security shows its rows and no others."""
    SYSTEM = "system"
    """For no tenant: in the role of the few paths that have none, with grants on the tables listed for it."""


TENANT = Scope.TENANT
SYSTEM = Scope.SYSTEM


@dataclass(frozen=True, slots=True)
class Roles:
    """The database roles of one service: `<service>_owner`, `<service>_app`, `<service>_system`."""

    owner: str
    app: str
    system: str

    @classmethod
    def of_app(cls, name: str) -> Roles:
        """The roles that go with an application's login."""
        return cls._named(name, "_app")

    @classmethod
    def of_owner(cls, name: str) -> Roles:
        """The roles that go with an owner's login."""
        return cls._named(name, "_owner")

    @classmethod
    def _named(cls, name: str, ending: str) -> Roles:
        if not name.endswith(ending):
            msg = f"the database role {name!r} does not end in {ending}"
            raise ValueError(msg)
        service = name.removesuffix(ending)
        return cls(f"{service}_owner", f"{service}_app", f"{service}_system")


class UnitOfWork:
    """One transaction: its session, its tenant, its instant, and the events that it will have caused."""

    def __init__(
        self, transaction: Transaction, context: Context, scope: Scope, roles: Roles, envelope: Envelope | None = None
    ) -> None:
        self.context = context
        self.envelope = envelope
        """In an event handler: what surrounded the event."""
        self.now = clock.now()
        self._transaction = transaction
        self._scope = scope
        self._roles = roles
        self._tenant_id = context.tenant_id if scope is Scope.TENANT else None
        self._events: list[outbox.Row] = []
        self._after_commit: list[Callable[[], None]] = []

    @property
    def session(self) -> Session:
        """For what changes something, and for reads that are put together anew for each call."""
        return self._transaction.session

    def rows(self, read: Read, /, **given: Any) -> list[Any]:
        """All rows that a prepared read finds, as named tuples."""
        if read.of_tenant:
            given[TENANT_KEY] = self.tenant_id
        return read.rows(self._transaction.run(read, read.values(given)))

    def first(self, read: Read, /, **given: Any) -> Any:
        """The first of them; None without any."""
        found = self.rows(read, **given)
        return found[0] if found else None

    @property
    def tenant_id(self) -> str:
        """The tenant for which the transaction speaks at present. Raises when it speaks for none."""
        if self._tenant_id is None:
            msg = "this unit of work speaks for no tenant"
            raise LookupError(msg)
        return self._tenant_id

    @property
    def has_tenant(self) -> bool:
        """Whether the transaction speaks for a tenant at present."""
        return self._tenant_id is not None

    @property
    def has_events(self) -> bool:
        """Whether events go, or went, into the outbox with this transaction."""
        return bool(self._events)

    def publish(self, event: Event, tenant_id: str | None = None) -> str:
        """Note an event for the outbox; return its id. It leaves after the commit, or never.

        It belongs to the tenant for which the transaction speaks; in `SYSTEM` scope, to `tenant_id` or to none.
        """
        owner = self._tenant_id if self._tenant_id is not None else tenant_id
        if tenant_id is not None and tenant_id != owner:
            msg = "an event of another tenant"
            raise ValueError(msg)
        row = outbox.row_of(event, self.context, owner, self.now, cause=self.envelope)
        self._events.append(row)
        return row.event_id

    def after_commit(self, action: Callable[[], None]) -> None:
        """Run something once the change is stored: a hint to this process, no promise. Its failure is logged."""
        self._after_commit.append(action)

    @contextmanager
    def as_tenant(self, tenant_id: str) -> Iterator[None]:
        """In `SYSTEM` scope: speak for one tenant until the block ends, seeing what its own calls would see."""
        with self._speaking(tenant_id):
            yield

    @contextmanager
    def as_system(self) -> Iterator[None]:
        """Inside `as_tenant`: speak for no tenant until the block ends."""
        with self._speaking(None):
            yield

    def store_events(self) -> None:
        """Write the pending rows and events. For the one who commits."""
        self._transaction.flush()
        if self._events:
            outbox.append(self.session, self._events)

    def run_after_commit(self) -> None:
        """For the one who has committed."""
        for action in self._after_commit:
            try:
                action()
            except Exception:
                log.exception("after_commit_failed")

    @contextmanager
    def _speaking(self, tenant_id: str | None) -> Iterator[None]:
        if self._scope is not Scope.SYSTEM:
            msg = "only a transaction of SYSTEM scope can speak for others"
            raise RuntimeError(msg)
        before = self._tenant_id
        self._switch(tenant_id)
        try:
            yield
        finally:
            self._switch_back(before)

    def _switch(self, tenant_id: str | None) -> None:
        self.session.flush()  # what is pending belongs to whom the transaction spoke for so far
        role = self._roles.system if tenant_id is None else self._roles.app
        self.session.execute(_SPEAK_AS, {"tenant_id": tenant_id or "", "role": role})
        self._tenant_id = tenant_id

    def _switch_back(self, tenant_id: str | None) -> None:
        if _failed(self.session):
            self._tenant_id = tenant_id  # the server has forgotten the switch, or will with the rollback
        else:
            self._switch(tenant_id)


def _failed(session: Session) -> bool:
    if not session.is_active:
        return True
    connection = session.connection()
    if connection.invalidated:
        return True  # asking it anything would raise, and hide that the connection was lost
    driver = connection.connection.dbapi_connection
    status = driver.get_transaction_status() if driver is not None else None
    return status not in (extensions.TRANSACTION_STATUS_INTRANS, extensions.TRANSACTION_STATUS_ACTIVE)
