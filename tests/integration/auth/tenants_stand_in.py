"""The service of tenants as `auth` sees it: idempotent by id, sometimes away, sometimes refusing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeVar, cast

import eventlet

from services.common.contracts.base import Request
from services.common.contracts.errors import ServiceError
from services.common.contracts.tenants import CreateTenant, Tenant, TenantStatus
from services.common.kit import open_transaction
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
        """Answer `CreateTenant`, the only call that `auth` makes."""
        assert isinstance(request, CreateTenant)
        open_transaction.refuse("RPC")
        eventlet.sleep(0)
        self.contexts.append(context)
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if self.failure is not None:
            raise self.failure
        CreateTenant.from_wire(request.to_wire())
        return cast("R", self.made.setdefault(request.id, tenant_of(request)))
