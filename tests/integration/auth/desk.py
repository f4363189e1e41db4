"""Calls the entrypoints of `auth` by their requests, as the kit would, without a broker."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, TypeVar

from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from services.auth.adapters.mail import MailUnavailable
from services.auth.adapters.security import Security
from services.auth.commands.send_letter import Post
from services.auth.domain.letters import Draft
from services.auth.service import AuthService
from services.common.contracts import auth
from services.common.contracts.base import Request
from services.common.contracts.errors import ServiceError
from services.common.kit import idempotency, ids
from services.common.kit.begin import Begin
from services.common.kit.commands import Command, Query, RequestEntrypoint
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.rpc_server import wire_of
from tests.integration.auth.tenants_stand_in import TenantsStandIn

R = TypeVar("R")


class Tray:
    """Takes letters instead of a mail server."""

    def __init__(self) -> None:
        self.sent: list[Draft] = []
        self.failures: list[Exception] = []
        """Raised in turn instead of taking a letter."""

    def send(self, draft: Draft) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(draft)

    def token_for(self, address: str | None) -> str:
        """Of the latest letter to an address."""
        letter = [draft for draft in self.sent if draft.to == address][-1]
        return letter.text.partition("#token=")[2].split()[0]


def context_of(who: auth.User | None, **known: Any) -> Context:
    """The context that the gateway makes of an access token."""
    known.setdefault("address", f"2001:db8:{ids.new_id()[-4:]}:{ids.new_id()[-8:-4]}::1")
    if who is not None:
        known = {"user_id": who.id, "tenant_id": who.tenant_id, "role": str(who.role), "caller": who.id, **known}
    return Context.new(**known)


class Desk:
    """The service as seen by its callers."""

    def __init__(self, database: Database, security: Security, tenants: TenantsStandIn) -> None:
        self.database = database
        self.tenants = tenants
        self.tray = Tray()
        self.service = AuthService()
        replaced: Any = self.service
        replaced.security = security
        replaced.runtime = SimpleNamespace(rpc=tenants)
        replaced.post = Post(self.tray, "https://desk.example", security.key_ring)

    def ask(self, request: Request[R], who: auth.User | None = None, **known: Any) -> R:
        """The answer, or the error."""
        context = known.pop("context", None) or context_of(who, **known)
        entrypoint = _entrypoint_of(request)
        method = getattr(self.service, request.METHOD)
        request = type(request).from_wire(request.to_wire())
        if isinstance(entrypoint, Command) and entrypoint.steps:
            return request.answer_from_wire(wire_of(method(request, Begin(self.database, context, entrypoint.scope))))
        read_only = isinstance(entrypoint, Query)
        with self.database.transaction(context, entrypoint.scope, read_only=read_only) as uow:
            if context.idempotency_key is None:
                return request.answer_from_wire(wire_of(method(request, uow)))
            fingerprint = idempotency.fingerprint_of(request.to_wire())
            key = idempotency.Key(context.caller or "", request.METHOD, context.idempotency_key, fingerprint)
            return request.answer_from_wire(idempotency.run_once(uow, key, lambda: wire_of(method(request, uow))))

    def refusal(self, request: Request[Any], who: auth.User | None = None, **known: Any) -> str:
        """The code of the error; `ok` when there is none."""
        try:
            self.ask(request, who, **known)
        except ServiceError as error:
            return error.code
        return "ok"

    def deliver(self, letter_id: str, tenant_id: str | None) -> None:
        """As the events process does with `LetterOrderedV1`."""
        begin = Begin(self.database, context_of(None, tenant_id=tenant_id), _SYSTEM)
        self.service.on_letter_ordered_v1(auth.LetterOrderedV1(letter_id=letter_id), begin)


_SYSTEM = next(entrypoint.scope for entrypoint in getattr(AuthService.on_letter_ordered_v1, ENTRYPOINT_EXTENSIONS_ATTR))
OUT_OF_ORDER = MailUnavailable("SMTPServerDisconnected")


def _entrypoint_of(request: Request[Any]) -> RequestEntrypoint:
    (found,) = getattr(getattr(AuthService, request.METHOD), ENTRYPOINT_EXTENSIONS_ATTR)
    assert isinstance(found, RequestEntrypoint)
    return found
