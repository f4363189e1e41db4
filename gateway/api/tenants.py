"""The tenant, its salons and its channels."""

from __future__ import annotations

from gateway.access import role
from gateway.resource import Resource
from services.common.contracts.auth import Role
from services.common.contracts.tenants import (
    ChannelUnknown,
    CreateChannel,
    CreateSalon,
    GetChannel,
    GetSalon,
    GetTenant,
    ListChannels,
    ListSalons,
    NumberTaken,
    PlanLimit,
    SalonUnknown,
    SlugTaken,
    TenantUnknown,
)

tenant = Resource("tenant", "The subscribing business.")
salons = Resource("salons", "Locations of a tenant.")
channels = Resource("channels", "Connected sending identities.")

_STAFF, _MANAGER, _OWNER = role(Role.STAFF), role(Role.MANAGER), role(Role.OWNER)

tenant.route_to(GetTenant, "GET /tenant", access=_STAFF, refuses=(TenantUnknown,))

salons.route_to(CreateSalon, "POST /salons", access=_OWNER, status=201, refuses=(SlugTaken,))
salons.route_to(ListSalons, "GET /salons", access=_STAFF)
salons.route_to(GetSalon, "GET /salons/<id:salonId>", access=_STAFF, refuses=(SalonUnknown,))

channels.route_to(
    CreateChannel, "POST /channels", access=_MANAGER, status=201, refuses=(NumberTaken, PlanLimit, SalonUnknown)
)
channels.route_to(ListChannels, "GET /channels", access=_MANAGER)
channels.route_to(GetChannel, "GET /channels/<id:channelId>", access=_MANAGER, refuses=(ChannelUnknown,))
