"""Channels."""

from __future__ import annotations

from gateway.access import role
from gateway.resource import ASKS_PROVIDER, Resource
from services.common.contracts.auth import Role
from services.common.contracts.tenants import (
    ChannelChanged,
    ChannelUnknown,
    ConnectChannel,
    CreateChannel,
    CredentialsRefused,
    DeleteChannel,
    DisconnectChannel,
    GetChannel,
    GetChannelStatus,
    ListChannels,
    NumberTaken,
    PlanLimit,
    ProviderAway,
    SalonUnknown,
    UpdateChannel,
)

channels = Resource("channels", "Connected sending identities.")

_MANAGER = role(Role.MANAGER, "channels")
_ONE = "/channels/<id:channelId>"

channels.route_to(
    CreateChannel,
    "POST /channels",
    access=_MANAGER,
    status=201,
    refuses=(NumberTaken, PlanLimit, SalonUnknown),
)
channels.route_to(ListChannels, "GET /channels", access=_MANAGER)
channels.route_to(GetChannel, f"GET {_ONE}", access=_MANAGER, refuses=(ChannelUnknown,))
channels.route_to(
    UpdateChannel,
    f"PATCH {_ONE}",
    access=_MANAGER,
    refuses=(ChannelUnknown, SalonUnknown, ChannelChanged, CredentialsRefused, ProviderAway),
    seconds=ASKS_PROVIDER,
)
channels.route_to(DeleteChannel, f"DELETE {_ONE}", access=_MANAGER, refuses=(ChannelUnknown,))
channels.route_to(
    ConnectChannel,
    f"POST {_ONE}/connect",
    access=_MANAGER,
    refuses=(ChannelUnknown, NumberTaken, PlanLimit, ChannelChanged, CredentialsRefused, ProviderAway),
    seconds=ASKS_PROVIDER,
)
channels.route_to(DisconnectChannel, f"POST {_ONE}/disconnect", access=_MANAGER, refuses=(ChannelUnknown,))
channels.route_to(
    GetChannelStatus, f"GET {_ONE}/status", access=_MANAGER, refuses=(ChannelUnknown,), seconds=ASKS_PROVIDER
)
