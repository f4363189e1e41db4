"""Each request of the contracts, and how it could be turned against another tenant; none is left out.

A probe names one thing of a tenant, `tried`, which is another's or nobody's; the rest is the caller's own. Requests
that are agreed on but not answered yet have their entry already, and are tried as soon as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.common.contracts import analytics, auth, messaging, tenants
from services.common.contracts.base import Request
from services.common.kit.ids import new_id
from tests.integration.auth.people import PASSWORD, new_email


@dataclass(frozen=True)
class Things:
    """What a tenant has, by its names."""

    salon_id: str
    channel_id: str
    phone_number_id: str
    conversation_id: str
    message_id: str
    template_id: str
    user_id: str
    session_id: str
    api_key_id: str
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
_NEXT_PASSWORD = "Better-battery-8"

PROBES: dict[type[Request[Any]], tuple[Probe, ...]] = {
    tenants.GetSalon: (lambda tried, _: tenants.GetSalon(salon_id=tried.salon_id),),
    tenants.UpdateSalon: (lambda tried, _: tenants.UpdateSalon(salon_id=tried.salon_id, name="Forged"),),
    tenants.DeleteSalon: (lambda tried, _: tenants.DeleteSalon(salon_id=tried.salon_id),),
    tenants.CreateChannel: (
        lambda tried, _: tenants.CreateChannel(
            **_CHANNEL, salon_id=tried.salon_id, phone_number_id=new_id(), business_account_id="1"
        ),
    ),
    tenants.GetChannel: (lambda tried, _: tenants.GetChannel(channel_id=tried.channel_id),),
    tenants.UpdateChannel: (
        lambda tried, _: tenants.UpdateChannel(channel_id=tried.channel_id, name="Forged"),
        lambda tried, own: tenants.UpdateChannel(channel_id=own.channel_id, salon_id=tried.salon_id),
    ),
    tenants.DeleteChannel: (lambda tried, _: tenants.DeleteChannel(channel_id=tried.channel_id),),
    tenants.ConnectChannel: (lambda tried, _: tenants.ConnectChannel(channel_id=tried.channel_id),),
    tenants.DisconnectChannel: (lambda tried, _: tenants.DisconnectChannel(channel_id=tried.channel_id),),
    tenants.GetChannelStatus: (lambda tried, _: tenants.GetChannelStatus(channel_id=tried.channel_id),),
    auth.ListSessions: (lambda tried, _: auth.ListSessions(user_id=tried.user_id),),
    auth.EndSession: (lambda tried, _: auth.EndSession(session_id=tried.session_id),),
    auth.ListUsers: (lambda tried, _: auth.ListUsers(salon_id=tried.salon_id),),
    auth.GetUser: (lambda tried, _: auth.GetUser(user_id=tried.user_id),),
    auth.UpdateUser: (lambda tried, _: auth.UpdateUser(user_id=tried.user_id, name="Forged"),),
    auth.RemoveUser: (lambda tried, _: auth.RemoveUser(user_id=tried.user_id),),
    auth.ResendInvitation: (lambda tried, _: auth.ResendInvitation(user_id=tried.user_id),),
    auth.RevokeApiKey: (lambda tried, _: auth.RevokeApiKey(api_key_id=tried.api_key_id),),
    auth.RotateApiKey: (lambda tried, _: auth.RotateApiKey(api_key_id=tried.api_key_id),),
    auth.ListAuditLog: (
        lambda tried, _: auth.ListAuditLog(actor=tried.user_id),
        lambda tried, _: auth.ListAuditLog(target_id=tried.user_id),
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
    messaging.GetTemplate: (lambda tried, _: messaging.GetTemplate(template_id=tried.template_id),),
    messaging.ListTemplates: (
        lambda tried, _: messaging.ListTemplates(name=tried.words),
        lambda tried, _: messaging.ListTemplates(q=tried.words),
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

NAMELESS: dict[type[Request[Any]], Callable[[], Request[Any]]] = {
    tenants.GetTenant: tenants.GetTenant,
    tenants.UpdateTenant: lambda: tenants.UpdateTenant(name="Mine"),
    tenants.GetSettings: tenants.GetSettings,
    tenants.UpdateSettings: tenants.UpdateSettings,
    tenants.GetSubscription: tenants.GetSubscription,
    tenants.ChangePlan: lambda: tenants.ChangePlan(plan=tenants.PlanCode.PRO),
    tenants.GetUsage: tenants.GetUsage,
    tenants.ListSalons: tenants.ListSalons,
    tenants.ListChannels: tenants.ListChannels,
    tenants.CreateSalon: lambda: tenants.CreateSalon(name="Another", timezone="Europe/Berlin", currency="EUR"),
    auth.InviteUser: lambda: auth.InviteUser(email=new_email()),
    auth.CreateApiKey: lambda: auth.CreateApiKey(name="Till", scopes=["messages:read"]),
    auth.ListApiKeys: auth.ListApiKeys,
    messaging.SyncTemplates: messaging.SyncTemplates,
    analytics.GetOverview: lambda: analytics.GetOverview(days=7),
}
"""Requests of a tenant that name nothing: what they show must be the tenant's own."""

CALLERS: dict[type[Request[Any]], Callable[[Things], Request[Any]]] = {
    auth.GetMe: lambda _: auth.GetMe(),
    auth.UpdateMe: lambda _: auth.UpdateMe(name="Forged"),
    auth.ChangePassword: lambda _: auth.ChangePassword(current_password=PASSWORD, new_password=_NEXT_PASSWORD),
    auth.ChangeEmail: lambda _: auth.ChangeEmail(email=new_email(), password=PASSWORD),
    auth.SendVerification: lambda _: auth.SendVerification(),
    auth.ListSessions: lambda own: auth.ListSessions(session_id=own.session_id),
    auth.EndSession: lambda own: auth.EndSession(session_id=own.session_id),
    auth.Logout: lambda own: auth.Logout(session_id=own.session_id),
    auth.EnrolTotp: lambda _: auth.EnrolTotp(password=PASSWORD),
    auth.ConfirmTotp: lambda _: auth.ConfirmTotp(code="492039"),
    auth.DisableTotp: lambda _: auth.DisableTotp(password=PASSWORD),
    auth.RegenerateRecoveryCodes: lambda _: auth.RegenerateRecoveryCodes(password=PASSWORD),
    auth.LinkTelegram: lambda _: auth.LinkTelegram(salon_slug="nowhere", init_data="hash=0"),
    auth.UnlinkTelegram: lambda _: auth.UnlinkTelegram(),
}
"""Requests about the caller alone: user and tenant of the context must belong together."""

OPEN: dict[type[Request[Any]], str] = {
    auth.Register: "there is no tenant yet",
    auth.Login: "the address tells the tenant",
    auth.Refresh: "the token tells the session, and so the tenant",
    auth.GetJwks: "public keys",
    auth.VerifyEmail: "the token of a mail tells the user",
    auth.ForgotPassword: "the address tells the user; the answer tells nothing",
    auth.ResetPassword: "the token of a mail tells the user",
    auth.VerifyMfa: "the token of a half-finished login tells the user",
    auth.LoginWithTelegram: "the slug tells the tenant",
    auth.AcceptInvitation: "the token of a mail tells the user",
    auth.FindApiKey: "for the gateway; the key tells the tenant",
    auth.ListRevocations: "for the gateway, of all tenants",
    tenants.CreateTenant: "asked for by auth alone; no route leads to it",
    tenants.FindChannels: "for services and operators; no route leads to it",
    tenants.FindSalon: "for services; public facts",
    tenants.CheckTelegramLogin: "for auth; the slug tells the tenant",
    tenants.CheckVerifyToken: "for the gateway; answers yes or no",
    tenants.ListTenants: "for the platform's administrators",
    tenants.AdminUpdateTenant: "for the platform's administrators",
    tenants.ListSuspendedTenants: "for the gateway, of all tenants",
    messaging.ReportWebhooks: "for operators; no route leads to it",
    messaging.RefileWebhooks: "for operators; no route leads to it",
}
"""Requests that belong to no tenant, and why that is right."""

NAMES_NOTHING: dict[str, str] = {
    "QueueMessage.client_message_id": "the caller's own name for an order, looked up within the tenant alone",
    "CreateChannel.business_account_id": "Meta's account; several tenants may name the same one",
    "UpdateChannel.business_account_id": "likewise",
    "CreateChannel.phone_number_id": "unique in the platform: a taken one is refused to everybody",
    "CreateSalon.phone_number_id": "likewise",
    "UpdateSalon.phone_number_id": "likewise",
    "InviteUser.salon_ids": "narrows what a user sees of the tenant; others' salons are not there to be seen",
    "UpdateUser.salon_ids": "likewise",
    "ListSessions.session_id": "the caller's own, to mark it",
}
"""Fields that end like ids and name nothing of ours."""
