"""The service of tenants, as a registration needs it: one of the few second hops behind a request."""

from __future__ import annotations

from typing import Any, Protocol, TypeVar

from services.auth.models import Registration
from services.common.contracts.base import Request
from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import (
    CheckTelegramLogin,
    CreateTenant,
    FindSalon,
    PlanCode,
    SalonRoute,
    TelegramPerson,
    Tenant,
)
from services.common.kit.context import Context

R = TypeVar("R")

_WORDS_OF_REGISTRATION = {"name": "tenantName"}


class Caller(Protocol):
    """What is needed of the RPC client."""

    def call(self, request: Request[R], context: Context, timeout: float = ...) -> R:
        """The answer; the service's own error; `Unavailable` when there is none."""
        ...


def create_tenant(rpc: Caller, registration: Registration, context: Context) -> Tenant:
    """Make the tenant, or find it made by an earlier attempt. Raises `Invalid` in the words of a registration."""
    order = CreateTenant(
        id=registration.tenant_id,
        name=registration.tenant_name,
        plan=PlanCode(registration.plan),
        timezone=registration.timezone,
        locale=registration.locale,
    )
    try:
        return rpc.call(order, context.child(tenant_id=registration.tenant_id, idempotency_key=None))
    except Invalid as error:
        details = {_WORDS_OF_REGISTRATION.get(field, field): reason for field, reason in error.details.items()}
        raise Invalid(error.message, details) from error


class TelegramProof(Protocol):
    """What a request brings from Telegram."""

    @property
    def salon_slug(self) -> str: ...

    @property
    def widget(self) -> dict[str, Any] | None: ...

    @property
    def init_data(self) -> str | None: ...


def find_salon(rpc: Caller, slug: str, context: Context) -> SalonRoute:
    """Whose salon it is. Raises `SalonUnknown`."""
    return rpc.call(FindSalon(slug=slug), _for_nobody(context))


def check_telegram(rpc: Caller, proof: TelegramProof, context: Context) -> TelegramPerson:
    """Whom Telegram vouches for. Raises `TelegramLoginRefused` or `SalonUnknown`."""
    if (proof.widget is None) == (proof.init_data is None):
        reason = "Exactly one of the widget's fields and initData is needed."
        raise Invalid("Some values are refused: initData.", {"initData": reason})
    asked = CheckTelegramLogin(salon_slug=proof.salon_slug, widget=proof.widget, init_data=proof.init_data)
    return rpc.call(asked, _for_nobody(context))


def _for_nobody(context: Context) -> Context:
    return context.child(idempotency_key=None)
