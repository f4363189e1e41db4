"""Salons."""

from __future__ import annotations

from gateway.access import role
from gateway.resource import Resource
from services.common.contracts.auth import Role
from services.common.contracts.tenants import (
    CreateSalon,
    DeleteSalon,
    GetSalon,
    ListSalons,
    NumberTaken,
    PlanLimit,
    SalonUnknown,
    SlugTaken,
    UpdateSalon,
)

salons = Resource("salons", "Locations of a tenant.")

_OWNER = role(Role.OWNER, "salons")
_READER = role(Role.STAFF, "salons", tenant_needed=False)
"""Who has no tenant is a super admin, who is shown the salons of all."""

_CHANNEL_REFUSALS = (NumberTaken, PlanLimit)

salons.route_to(CreateSalon, "POST /salons", access=_OWNER, status=201, refuses=(SlugTaken, *_CHANNEL_REFUSALS))
salons.route_to(ListSalons, "GET /salons", access=_READER)
salons.route_to(GetSalon, "GET /salons/<id:salonId>", access=_READER, refuses=(SalonUnknown,))
salons.route_to(
    UpdateSalon,
    "PATCH /salons/<id:salonId>",
    access=_OWNER,
    refuses=(SalonUnknown, SlugTaken, *_CHANNEL_REFUSALS),
)
salons.route_to(DeleteSalon, "DELETE /salons/<id:salonId>", access=_OWNER, refuses=(SalonUnknown,))
