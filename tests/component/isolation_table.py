"""Each request of the contracts, and how it could be turned against another tenant; none is left out.

A probe names one thing of a tenant, `tried`, which is another's or nobody's; the rest is the caller's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.common.contracts import analytics, auth, messaging, tenants
from services.common.contracts.base import Request
from services.common.kit.ids import new_id


@dataclass(frozen=True)
class Things:
    """What a tenant has, by its names."""

    salon_id: str
    channel_id: str
    phone_number_id: str
    conversation_id: str
    message_id: str
    user_id: str
    words: str

    @classmethod
    def of_nobody(cls) -> Things:
        """Names that nothing has."""
        return cls(**{name: new_id() for name in cls.__dataclass_fields__})


Probe = Callable[[Things, Things], Request[Any]]
"""`(tried, own)` → the request."""

_TEXT: Mapping[str, Any] = {"type": messaging.MessageType.TEXT, "content": {"text": "Hello."}}
_CHANNEL: Mapping[str, Any] = {"type": tenants.ChannelType.WHATSAPP_CLOUD, "name": "Another", "access_token": "a-token"}
_TO: Mapping[str, Any] = {"to": "+16505550123", **_TEXT}

PROBES: dict[type[Request[Any]], tuple[Probe, ...]] = {
    tenants.GetSalon: (lambda tried, _: tenants.GetSalon(salon_id=tried.salon_id),),
    tenants.GetChannel: (lambda tried, _: tenants.GetChannel(channel_id=tried.channel_id),),
    tenants.CreateChannel: (
        lambda tried, _: tenants.CreateChannel(
            **_CHANNEL, salon_id=tried.salon_id, phone_number_id=new_id(), business_account_id="1"
        ),
    ),
    messaging.GetMessage: (lambda tried, _: messaging.GetMessage(message_id=tried.message_id),),
    messaging.GetConversation: (lambda tried, _: messaging.GetConversation(conversation_id=tried.conversation_id),),
    messaging.ListMessages: (
        lambda tried, _: messaging.ListMessages(conversation_id=tried.conversation_id),
        lambda tried, _: messaging.ListMessages(channel_id=tried.channel_id),
        lambda tried, _: messaging.ListMessages(q=tried.words),
    ),
    messaging.ListConversations: (
        lambda tried, _: messaging.ListConversations(channel_id=tried.channel_id),
        lambda tried, _: messaging.ListConversations(assigned_to=tried.user_id),
        lambda tried, _: messaging.ListConversations(q=tried.words),
    ),
    messaging.QueueMessage: (
        lambda tried, _: messaging.QueueMessage(conversation_id=tried.conversation_id, **_TEXT),
        lambda tried, _: messaging.QueueMessage(channel_id=tried.channel_id, **_TO),
        lambda tried, _: messaging.QueueMessage(phone_number_id=tried.phone_number_id, **_TO),
        lambda tried, own: messaging.QueueMessage(
            conversation_id=own.conversation_id, reply_to=tried.message_id, **_TEXT
        ),
    ),
}
"""Requests of a tenant that name things."""

NAMELESS: dict[type[Request[Any]], Request[Any]] = {
    tenants.GetTenant: tenants.GetTenant(),
    tenants.ListSalons: tenants.ListSalons(),
    tenants.ListChannels: tenants.ListChannels(),
    tenants.CreateSalon: tenants.CreateSalon(name="Another", timezone="Europe/Berlin", currency="EUR"),
    analytics.GetOverview: analytics.GetOverview(days=7),
}
"""Requests of a tenant that name nothing: what they show must be the tenant's own."""

TENANTLESS: dict[type[Request[Any]], str] = {
    auth.Register: "there is no tenant yet",
    auth.Login: "the address tells the tenant",
    auth.Refresh: "the token tells the session, and so the tenant",
    auth.Logout: "ends sessions of the caller alone, by user and tenant of the context",
    auth.GetMe: "reads the caller alone, as the tenant of the context",
    auth.GetJwks: "public keys",
    tenants.CreateTenant: "asked for by auth alone; no route leads to it",
    tenants.FindChannels: "for services and operators; no route leads to it",
    messaging.ReportWebhooks: "for operators; no route leads to it",
}
"""Requests in the scope of the system, and why that is right."""

NAMES_NOTHING: dict[str, str] = {
    "QueueMessage.client_message_id": "the caller's own name for an order, looked up within the tenant alone",
    "CreateChannel.business_account_id": "Meta's account; several tenants may name the same one",
    "CreateChannel.phone_number_id": "unique in the platform: a taken one is refused to everybody",
}
"""Fields that end like ids and name nothing of ours."""
