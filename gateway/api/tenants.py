"""The tenant, how it wants things done, and what it pays for; all tenants, for the platform's own people."""

from __future__ import annotations

from gateway.access import person, role
from gateway.resource import ASKS_PROVIDER, Resource
from services.common.contracts.auth import Role
from services.common.contracts.tenants import (
    AdminUpdateTenant,
    ChangePlan,
    ChannelChanged,
    CredentialsRefused,
    GetSettings,
    GetSubscription,
    GetTenant,
    GetUsage,
    ListTenants,
    NumberTaken,
    PlanLimit,
    PlanTooSmall,
    ProviderAway,
    SlugTaken,
    TenantUnknown,
    UpdateSettings,
    UpdateTenant,
)

tenant = Resource("tenant", "The subscribing business.")
settings = Resource("settings", "How a business wants things done.")
subscription = Resource("subscription", "What a business pays for, and how much of it is used.")
admin = Resource("admin", "All tenants, for the platform's own people.")

_MANAGER, _OWNER = role(Role.MANAGER, "settings"), person(Role.OWNER)
_PLATFORM = person(Role.SUPER_ADMIN, tenant_needed=False)

tenant.route_to(GetTenant, "GET /tenant", access=role(Role.STAFF, "tenant"), refuses=(TenantUnknown,))
tenant.route_to(UpdateTenant, "PATCH /tenant", access=role(Role.OWNER, "tenant"), refuses=(TenantUnknown, SlugTaken))

settings.route_to(GetSettings, "GET /settings", access=_MANAGER)
settings.route_to(
    UpdateSettings,
    "PATCH /settings",
    access=_MANAGER,
    refuses=(NumberTaken, PlanLimit, ChannelChanged, CredentialsRefused, ProviderAway),
    seconds=ASKS_PROVIDER,
)

subscription.route_to(GetSubscription, "GET /subscription", access=_OWNER)
subscription.route_to(ChangePlan, "POST /subscription", access=_OWNER, refuses=(PlanTooSmall,))
subscription.route_to(GetUsage, "GET /usage", access=role(Role.MANAGER, "usage"))

admin.route_to(ListTenants, "GET /admin/tenants", access=_PLATFORM)
admin.route_to(
    AdminUpdateTenant, "PATCH /admin/tenants/<id:id>", access=_PLATFORM, refuses=(TenantUnknown, PlanTooSmall)
)
