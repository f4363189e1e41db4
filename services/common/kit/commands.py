"""The entrypoints behind `@command` and `@query`: parse, one transaction, commit, then the reply."""

from __future__ import annotations

from typing import Any

import eventlet

from services.common.contracts.base import Request
from services.common.kit import idempotency, runs
from services.common.kit.begin import Begin
from services.common.kit.consumers.intake import Delivery
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.logging import get_logger
from services.common.kit.rpc_server import RpcMethod, encode_error, encode_result, request_of, wire_of
from services.common.kit.runtime import runtime_of
from services.common.kit.uow import Scope

log = get_logger(__name__)


class RequestEntrypoint(RpcMethod):
    """What both have in common: the way from the message to the reply."""

    def __init__(self, request_class: type[Request[Any]], scope: Scope) -> None:
        super().__init__()
        self.request_class = request_class
        self.scope = scope

    def setup(self) -> None:
        """Refuse to serve another service's requests, by a slip of an import."""
        if self.container.service_name != self.request_class.SERVICE:
            msg = f"{self.request_class.__name__} belongs to {self.request_class.SERVICE}"
            raise TypeError(msg)
        super().setup()

    def answer(self, service: Any, delivery: Delivery) -> bytes | None:
        """The reply's body, after the commit."""
        context = Context.from_headers(delivery.headers)
        with runs.observed(self.container.service_name, self.method_name, context) as run:
            if context.expired():
                run.outcome = "expired"
                return None
            run.prominent = self.is_prominent()
            try:
                request = self.request_class.from_wire(request_of(delivery.body))
                return encode_result(self.execute(service, request, context))
            except (Exception, eventlet.Timeout) as error:  # noqa: BLE001  the caller always gets an answer
                refused = runs.as_service_error(error)
                run.outcome = refused.code
                return encode_error(refused)

    def execute(self, service: Any, request: Request[Any], context: Context) -> Any:
        """Call the method in its transaction; the answer in wire form."""
        raise NotImplementedError

    def is_prominent(self) -> bool:
        """Whether each run deserves a line in production."""
        return False

    @property
    def database(self) -> Database:
        """The service's own."""
        return runtime_of(self.container).resources.database


class Query(RequestEntrypoint):
    """`@query`: reads, in a transaction that can do nothing else."""

    def execute(self, service: Any, request: Request[Any], context: Context) -> Any:
        """Read-only."""
        with self.database.transaction(context, self.scope, read_only=True) as uow:
            return wire_of(getattr(service, self.method_name)(request, uow))


class Command(RequestEntrypoint):
    """`@command`: one change of state; carried out once for each idempotency key."""

    def __init__(self, request_class: type[Request[Any]], scope: Scope, *, steps: bool) -> None:
        super().__init__(request_class, scope)
        self.steps = steps

    def is_prominent(self) -> bool:
        """What changed something is worth a line."""
        return True

    def execute(self, service: Any, request: Request[Any], context: Context) -> Any:
        """In one transaction, or in the method's own steps."""
        method = getattr(service, self.method_name)
        if self.steps:
            return wire_of(method(request, Begin(self.database, context, self.scope)))
        with self.database.transaction(context, self.scope) as uow:
            if context.idempotency_key is None:
                return wire_of(method(request, uow))
            key = self._key(request, context, context.idempotency_key)
            return idempotency.run_once(uow, key, lambda: wire_of(method(request, uow)))

    def _key(self, request: Request[Any], context: Context, key: str) -> idempotency.Key:
        fingerprint = idempotency.fingerprint_of(request.to_wire())
        route = f"{request.SERVICE}.{request.METHOD}"
        return idempotency.Key(context.caller or context.user_id or "", route, key, fingerprint)
