"""The service of tenants as `auth` sees it: idempotent by id, sometimes away, sometimes refusing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar, cast
from urllib.parse import parse_qsl

import eventlet

from services.common.contracts.base import Request
from services.common.contracts.errors import ServiceError
from services.common.contracts.tenants import (
    CheckTelegramLogin,
    CreateTenant,
    FindSalon,
    SalonRoute,
    SalonUnknown,
    TelegramLoginRefused,
    TelegramPerson,
    Tenant,
    TenantStatus,
)
from services.common.kit import ids, open_transaction
from services.common.kit.context import Context

R = TypeVar("R")


def tenant_of(request: CreateTenant) -> Tenant:
    """What `tenants` would make of the order."""
    now = datetime.now(UTC)
    return Tenant(
        id=request.id,
        name=request.name,
        slug=f"t-{request.id[-12:]}",
        plan=request.plan,
        status=TenantStatus.ACTIVE,
        timezone=request.timezone or "UTC",
        locale=request.locale or "en",
        currency="EUR",
        created_at=now,
        updated_at=now,
    )


class TenantsStandIn:
    """Takes the place of the RPC client."""

    def __init__(self) -> None:
        self.made: dict[str, Tenant] = {}
        self.contexts: list[Context] = []
        self.meanwhile: list[Callable[[], object]] = []
        """Run during the next calls, one in each."""
        self.failure: ServiceError | None = None
        """Raised instead of an answer while it is set."""

    def call(self, request: Request[R], context: Context, timeout: float = 5.0) -> R:  # noqa: ARG002 - the client takes it
        """Answer the calls that `auth` makes."""
        open_transaction.refuse("RPC")
        eventlet.sleep(0)
        self.contexts.append(context)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self.failure is not None:
            raise self.failure
        request = type(request).from_wire(request.to_wire())
        if isinstance(request, CreateTenant):
            return cast("R", self.made.setdefault(request.id, tenant_of(request)))
        if isinstance(request, FindSalon):
            return cast("R", self.salon(request.slug))
        assert isinstance(request, CheckTelegramLogin)
        return cast("R", self._person(request))

    def salon(self, slug: str) -> SalonRoute:
        """A salon is called as the slug of its tenant."""
        found = [tenant for tenant in self.made.values() if tenant.slug == slug]
        if not found:
            raise SalonUnknown
        return SalonRoute(tenant=found[0], salon_id=ids.new_id(), name="Rosa Mitte")

    def _person(self, request: CheckTelegramLogin) -> TelegramPerson:
        """Believes everything that has a hash."""
        salon = self.salon(request.salon_slug)
        fields = request.widget or dict(parse_qsl(request.init_data or ""))
        if "hash" not in fields:
            raise TelegramLoginRefused
        return TelegramPerson(
            tenant=salon.tenant,
            salon_id=salon.salon_id,
            channel_id=ids.new_id(),
            telegram_id=str(fields["id"]),
            first_name=str(fields.get("first_name", "Anna")),
            last_name=None,
            username=None,
            language_code="ru",
            proof=str(fields["hash"]),
            expires_at=datetime.now(UTC) + timedelta(minutes=10),
        )
