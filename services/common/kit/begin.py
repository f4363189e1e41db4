"""Opening transactions by hand, for entrypoints in steps: claim in one, call the outside world, record in another."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from services.common.contracts.base import Envelope
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.uow import Scope, UnitOfWork


class Begin:
    """`with begin() as uow:` commits when the block ends; `begin.context` is whose work it is."""

    def __init__(
        self,
        database: Database,
        context: Context,
        scope: Scope,
        envelope: Envelope | None = None,
        is_stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        self.context = context
        self.envelope = envelope
        """In an event handler: what surrounded the event."""
        self._database = database
        self._scope = scope
        self._is_stopping = is_stopping

    @property
    def stopping(self) -> bool:
        """Whether the process is to end: long work should pause at the next place from which it can go on."""
        return self._is_stopping()

    def __call__(
        self, scope: Scope | None = None, tenant_id: str | None = None, *, read_only: bool = False
    ) -> AbstractContextManager[UnitOfWork]:
        """A transaction in the entrypoint's scope or another one; for the context's tenant or another one."""
        context = self.context if tenant_id is None else self.context.child(tenant_id=tenant_id)
        return self._database.transaction(context, scope or self._scope, read_only=read_only, envelope=self.envelope)
