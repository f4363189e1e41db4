"""What the world may know about `tenants`: the subscribing businesses, their salons and their channels."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Any

from marshmallow import validate

from services.common.contracts.audit import AuditRecorded
from services.common.contracts.base import UNSET, Event, Request, Unset, View
from services.common.contracts.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated, Unavailable
from services.common.contracts.paging import Cursor, Limit, PageNumber, Pagination
from services.common.contracts.schema import Documented
from services.common.contracts.types import Currency, Email, Id, Name, ShortText

SERVICE = "tenants"

Slug = Annotated[
    str,
    validate.Regexp(
        r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$",
        error="Must be lower-case letters, digits and hyphens, at most 63, not at the ends a hyphen.",
    ),
    Documented(example="salon-rosa"),
]
PhoneNumber = Annotated[str, validate.Regexp(r"^\+[1-9][0-9]{6,14}$", error="Must be E.164, such as +4915112345678.")]
ProviderId = Annotated[
    str,
    validate.Length(min=1, max=64),
    validate.Regexp(r"^[A-Za-z0-9_-]+$", error="Must be an id as the provider gives it: letters, digits, - and _."),
]
AccessToken = Annotated[str, validate.Length(min=1, max=1000), Documented(writeOnly=True, example="EAAG…")]
BotToken = Annotated[str, validate.Length(min=1, max=200), Documented(writeOnly=True, example="7000000001:AAF-example")]
VerifyToken = Annotated[str, validate.Length(min=1, max=200), Documented(writeOnly=True, example="a-token-of-your-own")]
TimeOfDay = Annotated[
    str,
    validate.Regexp(r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$", error="Must be a time of day, HH:MM."),
    Documented(example="21:00"),
]
MinutesBefore = Annotated[int, validate.Range(min=5, max=60 * 24 * 30)]
Shown = Annotated[str | None, Documented(example="••••1f3a", description="masked")]
Masked = Annotated[str | None, Documented(example="••••", description="masked")]


class PlanCode(enum.StrEnum):
    """How many channels and messages a month a tenant pays for."""

    BASIC = "BASIC"
    PRO = "PRO"
    MAX = "MAX"


class TenantStatus(enum.StrEnum):
    """A suspended tenant's users and keys are refused and nothing goes out for it; what comes in is still kept."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class ChannelType(enum.StrEnum):
    """What kind of sending identity a channel is."""

    WHATSAPP_CLOUD = "WHATSAPP_CLOUD"
    TELEGRAM = "TELEGRAM"


class ChannelStatus(enum.StrEnum):
    """How a channel stands with its provider."""

    UNVERIFIED = "UNVERIFIED"
    """It takes part, but the provider has not been asked yet whether the credentials are good."""
    CONNECTED = "CONNECTED"
    """The provider has accepted its credentials."""
    FAILING = "FAILING"
    """It takes part, but the provider has refused its credentials since."""
    DISCONNECTED = "DISCONNECTED"
    """It neither sends nor holds its number."""


class Confirmation(enum.StrEnum):
    """Whether a booking needs the salon's yes."""

    AUTO = "AUTO"
    MANUAL = "MANUAL"


class Tenant(View):
    """A subscribing business."""

    id: Id
    name: str
    slug: str
    plan: PlanCode
    status: TenantStatus
    timezone: str
    locale: str
    currency: str
    created_at: datetime
    updated_at: datetime


class Address(View):
    """Where a salon is."""

    line1: Name
    city: Name
    country: Annotated[str, validate.Regexp(r"^[A-Z]{2}$", error="Must be an ISO 3166-1 code such as DE.")]
    postal_code: ShortText | None = None
    latitude: Annotated[float, validate.Range(min=-90, max=90)] | None = None
    longitude: Annotated[float, validate.Range(min=-180, max=180)] | None = None


class Salon(View):
    """A location of a tenant, with a time zone of its own."""

    id: Id
    name: str
    slug: str
    timezone: str
    currency: str
    phone: str | None
    email: str | None
    address: Address | None
    opening_hours: dict[str, Any]
    phone_number_id: str | None
    slot_alignment: int
    confirmation: Confirmation
    is_active: bool
    created_at: datetime
    updated_at: datetime
    tenant_id: Id | Unset = UNSET


class SalonPage(View):
    """A page of salons."""

    salons: list[Salon]
    pagination: Pagination


class Channel(View):
    """A connected sending identity. Its credentials are never shown, only whether there are any."""

    id: Id
    type: ChannelType
    name: str
    salon_id: Id | None
    phone_number_id: str | None
    business_account_id: str | None
    display_phone_number: str | None
    access_token: Shown
    is_active: bool
    created_at: datetime
    updated_at: datetime
    status: ChannelStatus = ChannelStatus.UNVERIFIED
    verified_at: Annotated[
        datetime | None, Documented(description="When the provider last accepted the credentials.")
    ] = None
    last_error: Annotated[str | None, Documented(description="What the provider said when it last refused them.")] = (
        None
    )
    bot_token: Shown = None
    bot_username: Annotated[str | None, Documented(example="rosa_salon_bot")] = None


class ChannelPage(View):
    """A page of channels."""

    channels: list[Channel]
    pagination: Pagination


class ChannelRoute(View):
    """Whose channel a provider's id belongs to."""

    tenant_id: Id
    channel_id: Id
    type: ChannelType
    phone_number_id: str | None
    business_account_id: str | None


class ChannelRoutes(View):
    """All channels that fit; a WhatsApp business account can hold several numbers."""

    routes: list[ChannelRoute]


class CreateTenant(Request[Tenant], service=SERVICE, method="create_tenant"):
    """Make a tenant, or return it when it is there already: `auth` repeats this call until a registration is whole."""

    id: Id
    name: Name
    plan: PlanCode = PlanCode.BASIC
    timezone: ShortText | None = None
    locale: ShortText | None = None


class GetTenant(Request[Tenant], service=SERVICE, method="get_tenant"):
    """The caller's tenant."""


class UpdateTenant(Request[Tenant], service=SERVICE, method="update_tenant"):
    """Change the caller's tenant; what is left out stays. OWNER. The slug is unique in the platform."""

    EXAMPLE = {"name": "Salon Rosa", "slug": "salon-rosa", "timezone": "Europe/Berlin"}

    name: Name | Unset = UNSET
    slug: Slug | Unset = UNSET
    timezone: ShortText | Unset = UNSET
    locale: ShortText | Unset = UNSET
    currency: Currency | Unset = UNSET


class WhatsappConfig(View):
    """The tenant's default WhatsApp channel. All null when it has none."""

    channel_id: Id | None
    phone_number_id: str | None
    business_account_id: str | None
    access_token: Shown


class WebhookConfig(View):
    """A verify token of the tenant's own, for Meta's handshake on the webhook."""

    verify_token: Masked
    enabled: bool


class QuietHours(View):
    """When the business leaves its customers alone, in the tenant's time zone; may pass midnight."""

    from_: TimeOfDay
    to: TimeOfDay


class Settings(View):
    """How a tenant wants things done. Secrets are write-only; of each only its end, or that it is there, is shown."""

    whatsapp_config: WhatsappConfig
    webhook_config: WebhookConfig
    timezone: str
    locale: str
    currency: str
    quiet_hours: QuietHours | None
    reminder_times: Annotated[
        list[int], Documented(example=[1440, 120], description="Minutes before an appointment, longest first.")
    ]
    require_mfa: Annotated[bool, Documented(description="Whether all users need a second factor.")]
    updated_at: datetime


class WhatsappChange(View):
    """What to change of the default WhatsApp channel.

    A number that no channel of the tenant has makes a channel, within the plan; the default then is the one with the
    number. Without `phoneNumberId` the present default is changed. An access token that replaces one that the provider
    has accepted must be accepted as well.
    """

    phone_number_id: ProviderId | Unset = UNSET
    business_account_id: ProviderId | Unset = UNSET
    access_token: AccessToken | Unset = UNSET


class WebhookChange(View):
    """What to change of the verify token. It is stored as its SHA-256; null removes it."""

    verify_token: VerifyToken | Unset | None = UNSET
    enabled: bool | Unset = UNSET


class GetSettings(Request[Settings], service=SERVICE, method="get_settings"):
    """How the caller's tenant wants things done. MANAGER."""


class UpdateSettings(Request[Settings], service=SERVICE, method="update_settings"):
    """Change how the tenant wants things done; what is left out stays. MANAGER.

    A secret that is sent as it is shown (masked) stays as it is.
    """

    EXAMPLE = {
        "whatsappConfig": {
            "phoneNumberId": "106540352242922",
            "businessAccountId": "102290129340398",
            "accessToken": "EAAG-example",
        },
        "webhookConfig": {"verifyToken": "a-token-of-your-own", "enabled": True},
        "locale": "de",
        "quietHours": {"from": "21:00", "to": "08:00"},
        "reminderTimes": [1440, 120],
    }

    whatsapp_config: WhatsappChange | Unset = UNSET
    webhook_config: WebhookChange | Unset = UNSET
    timezone: ShortText | Unset = UNSET
    locale: ShortText | Unset = UNSET
    currency: Currency | Unset = UNSET
    quiet_hours: QuietHours | Unset | None = UNSET
    reminder_times: Annotated[list[MinutesBefore], validate.Length(max=5)] | Unset = UNSET
    require_mfa: bool | Unset = UNSET


class VerifyTokenCheck(View):
    """Whether some tenant has the token, enabled."""

    accepted: bool


class CheckVerifyToken(Request[VerifyTokenCheck], service=SERVICE, method="check_verify_token"):
    """Whether a verify token of Meta's handshake is an enabled one of any tenant. For the gateway, in SYSTEM scope.

    Asked by the SHA-256 of the token in hex, so that the token does not cross the bus.
    """

    token_hash: Annotated[str, validate.Regexp(r"^[0-9a-f]{64}$", error="Must be a SHA-256 in hex.")]


class PlanLimits(View):
    """What a plan allows."""

    channels: int
    messages_per_month: int


class Plan(View):
    """A plan that can be had."""

    code: PlanCode
    limits: PlanLimits


class Subscription(View):
    """The tenant's plan, and the others."""

    plan: PlanCode
    status: TenantStatus
    limits: PlanLimits
    plans: list[Plan]


class GetSubscription(Request[Subscription], service=SERVICE, method="get_subscription"):
    """The plan of the caller's tenant, and what others there are. OWNER."""


class ChangePlan(Request[Subscription], service=SERVICE, method="change_plan"):
    """Take another plan, at once. OWNER. One that is too small for the present use is `tenants.plan_too_small`."""

    EXAMPLE = {"plan": "PRO"}

    plan: PlanCode


class Quantity(View):
    """How much of something is used."""

    used: int
    limit: int
    percent: Annotated[int, Documented(description="Rounded down; may exceed 100.")]


class Usage(View):
    """Use of the plan in the calendar month, in the tenant's time zone. `from` is included, `to` is not."""

    plan: PlanCode
    month: Annotated[str, Documented(example="2026-01")]
    timezone: str
    from_: datetime
    to: datetime
    channels: Quantity
    messages: Quantity


class GetUsage(Request[Usage], service=SERVICE, method="get_usage"):
    """Channels and messages of the present month against the plan. MANAGER. Messages are counted within seconds."""


class CreateSalon(Request[Salon], service=SERVICE, method="create_salon"):
    """Open a location.

    `phoneNumberId` names its default channel: the tenant's channel with that number, or a new one without credentials.
    """

    EXAMPLE = {"name": "Rosa Mitte", "timezone": "Europe/Berlin", "currency": "EUR"}

    name: Name
    timezone: ShortText
    currency: Currency
    slug: Slug | None = None
    phone: PhoneNumber | None = None
    email: Email | None = None
    address: Address | None = None
    opening_hours: dict[str, list[list[str]]] | None = None
    slot_alignment: Annotated[int, validate.Range(min=1, max=240)] = 15
    confirmation: Confirmation = Confirmation.AUTO
    phone_number_id: ProviderId | Unset | None = UNSET


class GetSalon(Request[Salon], service=SERVICE, method="get_salon"):
    """One location. STAFF; a super admin without a tenant is shown any."""

    salon_id: Id


class UpdateSalon(Request[Salon], service=SERVICE, method="update_salon"):
    """Change a location; what is left out stays. OWNER. Null for `phoneNumberId` leaves it without a channel."""

    EXAMPLE = {"salonId": "01936f2e-8a4b-7c3d-9e5f-0a1b2c3d4e5f", "openingHours": {"mon": [["09:00", "18:00"]]}}

    salon_id: Id
    name: Name | Unset = UNSET
    slug: Slug | Unset = UNSET
    timezone: ShortText | Unset = UNSET
    currency: Currency | Unset = UNSET
    phone: PhoneNumber | Unset | None = UNSET
    email: Email | Unset | None = UNSET
    address: Address | Unset | None = UNSET
    opening_hours: dict[str, list[list[str]]] | Unset = UNSET
    slot_alignment: Annotated[int, validate.Range(min=1, max=240)] | Unset = UNSET
    confirmation: Confirmation | Unset = UNSET
    is_active: bool | Unset = UNSET
    phone_number_id: ProviderId | Unset | None = UNSET


class DeleteSalon(Request[None], service=SERVICE, method="delete_salon"):
    """Close a location for good. OWNER. Its rows stay for what refers to them; its channels become the tenant's."""

    salon_id: Id


class ListSalons(Request[SalonPage], service=SERVICE, method="list_salons"):
    """The tenant's locations, oldest first. STAFF; a super admin without a tenant is shown all of the platform."""

    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None


class CreateChannel(Request[Channel], service=SERVICE, method="create_channel"):
    """Make a sending identity. The access token is sealed at once and never shown again.

    It takes part at once, unless `isActive` is false or another tenant has proved the number or the bot to be its own:
    then `ConnectChannel` comes first. A number that another channel holds is `tenants.number_taken`; whose it is in
    truth makes the channel with `isActive` false and connects it.
    """

    EXAMPLE = {
        "type": "WHATSAPP_CLOUD",
        "name": "Main number",
        "phoneNumberId": "106540352242922",
        "businessAccountId": "102290129340398",
        "displayPhoneNumber": "+15550783881",
        "accessToken": "EAAG-example",
    }

    type: ChannelType
    name: Name
    salon_id: Id | None = None
    phone_number_id: ProviderId | None = None
    business_account_id: ProviderId | None = None
    display_phone_number: ShortText | None = None
    access_token: AccessToken | None = None
    bot_token: BotToken | Unset | None = UNSET
    is_active: bool = True


class GetChannel(Request[Channel], service=SERVICE, method="get_channel"):
    """One channel."""

    channel_id: Id


class ListChannels(Request[ChannelPage], service=SERVICE, method="list_channels"):
    """The tenant's channels, oldest first."""

    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None


class UpdateChannel(Request[Channel], service=SERVICE, method="update_channel"):
    """Change a channel; what is left out stays. MANAGER. Its number stays for good: another number is another channel.

    Credentials that replace ones that the provider has accepted must be accepted as well: else
    `tenants.credentials_refused`, and the old ones go on. Ones sent as they are shown (masked) stay as they are.
    """

    EXAMPLE = {"channelId": "01936f2e-8a4b-7c3d-9e5f-0a1b2c3d4e5f", "accessToken": "EAAG-the-next"}

    channel_id: Id
    name: Name | Unset = UNSET
    salon_id: Id | Unset | None = UNSET
    business_account_id: ProviderId | Unset = UNSET
    display_phone_number: ShortText | Unset | None = UNSET
    access_token: AccessToken | Unset = UNSET
    bot_token: BotToken | Unset = UNSET


class DeleteChannel(Request[None], service=SERVICE, method="delete_channel"):
    """Disconnect a channel for good and forget its credentials. MANAGER. Its conversations stay."""

    channel_id: Id


class ConnectChannel(Request[Channel], service=SERVICE, method="connect_channel"):
    """Check the credentials with the provider, register our webhook there and take part. MANAGER.

    A number or a bot that another tenant holds without having proved it changes hands; one that was proved does not.
    `tenants.credentials_refused` says why the provider refused; `tenants.provider_away` that it could not be asked.
    """

    channel_id: Id


class DisconnectChannel(Request[Channel], service=SERVICE, method="disconnect_channel"):
    """Stop sending on a channel and let go of its number. MANAGER. The credentials stay, for `ConnectChannel`."""

    channel_id: Id


class ChannelHealth(View):
    """What the provider says of a channel, asked just now; null where it says nothing or could not be asked."""

    channel_id: Id
    type: ChannelType
    status: ChannelStatus
    is_active: bool
    checked_at: datetime
    reachable: Annotated[bool, Documented(description="Whether the provider answered.")]
    provider_status: Annotated[str | None, Documented(example="CONNECTED")]
    quality: Annotated[str | None, Documented(example="GREEN")]
    throughput: Annotated[str | None, Documented(example="STANDARD")]
    messaging_limit: Annotated[str | None, Documented(example="TIER_1K")]
    verified_name: str | None
    webhook_registered: bool | None
    pending_updates: Annotated[int | None, Documented(description="Of a bot: what waits to be delivered to us.")]
    problem: Annotated[str | None, Documented(description="What is wrong, in words.")]
    last_inbound_at: datetime | None
    last_outbound_at: datetime | None


class GetChannelStatus(Request[ChannelHealth], service=SERVICE, method="get_channel_status"):
    """How a channel stands with its provider. MANAGER. Changes nothing; what the provider refuses is a `problem`."""

    channel_id: Id


class FindChannels(Request[ChannelRoutes], service=SERVICE, method="find_channels"):
    """Whose channel it is, by exactly one of the provider's ids. For services and operators, not for tenants."""

    phone_number_id: ProviderId | None = None
    business_account_id: ProviderId | None = None


class SalonRoute(View):
    """Whose salon it is."""

    tenant: Tenant
    salon_id: Id
    name: str


class FindSalon(Request[SalonRoute], service=SERVICE, method="find_salon"):
    """Whose salon has this slug, among the active ones of all tenants. For services, in SYSTEM scope.

    `auth` asks it for a customer who registers. A slug that several tenants' salons have names the oldest of them.
    """

    slug: Slug


class TelegramPerson(View):
    """Who signed in by Telegram, and at which salon."""

    tenant: Tenant
    salon_id: Id
    channel_id: Id
    telegram_id: Annotated[str, Documented(example="987654321")]
    first_name: str
    last_name: str | None
    username: str | None
    language_code: str | None
    proof: Annotated[str, Documented(description="The `hash` that was checked, for a login that is good once.")]
    expires_at: datetime
    """When the proof is too old to be good again."""


class CheckTelegramLogin(Request[TelegramPerson], service=SERVICE, method="check_telegram_login"):
    """Check what Telegram signed for the salon's bot. For `auth` alone, in SYSTEM scope: the token stays here.

    The bot is the active TELEGRAM channel of the salon, or the tenant's one without a salon. Exactly one of:
    `widget`, all fields of the Login Widget as they came, unknown ones included; the key is SHA-256 of the token; good
    for ten minutes. `initData`, the raw query string of a Mini App, of which only `hash` stays out of the check; the
    key is HMAC-SHA256 of the token under `WebAppData`; a key twice is refused; good for an hour. Comparison in constant
    time, `auth_date` at most a minute ahead. Whatever is wrong is `tenants.telegram_login_refused`; a salon without a
    bot is `tenants.salon_not_found`.
    """

    salon_slug: Slug
    widget: dict[str, Any] | None = None
    init_data: Annotated[str, validate.Length(min=1, max=8000)] | None = None


class TenantPage(View):
    """A page of tenants."""

    tenants: list[Tenant]
    pagination: Pagination


class ListTenants(Request[TenantPage], service=SERVICE, method="list_tenants"):
    """All tenants of the platform, oldest first. SUPER_ADMIN, in SYSTEM scope. `q` searches name and slug."""

    status: TenantStatus | None = None
    plan: PlanCode | None = None
    q: Annotated[str, validate.Length(min=1, max=100)] | None = None
    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None


class AdminUpdateTenant(Request[Tenant], service=SERVICE, method="admin_update_tenant"):
    """Suspend or resume a tenant, or change its plan. SUPER_ADMIN, in SYSTEM scope; a plan as in `ChangePlan`."""

    EXAMPLE = {"id": "01936f2e-8a4b-7c3d-9e5f-0a1b2c3d4e5f", "status": "SUSPENDED"}

    id: Id
    status: TenantStatus | Unset = UNSET
    plan: PlanCode | Unset = UNSET


class SuspendedTenants(View):
    """Whose users and keys are to be refused."""

    tenant_ids: list[Id]


class ListSuspendedTenants(Request[SuspendedTenants], service=SERVICE, method="list_suspended_tenants"):
    """All suspended tenants. For the gateway's start, in SYSTEM scope."""


class TenantUpdatedV1(Event, source=SERVICE, type="tenant.updated.v1", consumed_by=("auth", "messaging")):
    """Something about a tenant changed that other services keep a copy of: the whole of it, newest `updatedAt` wins.

    Name, slug, plan, status, time zone, locale, currency, or the setting that all users need a second factor.
    `updatedAt` grows with each change. `limits` are those of the plan.
    """

    tenant: Tenant
    mfa_required: bool = False
    limits: PlanLimits | None = None


class TenantSuspendedV1(Event, source=SERVICE, type="tenant.suspended.v1", heard_by=("gateway",)):
    """A tenant's users and keys are to be refused from now on. `TenantUpdatedV1` comes beside it."""

    tenant: Tenant


class TenantResumedV1(Event, source=SERVICE, type="tenant.resumed.v1", heard_by=("gateway",)):
    """A tenant is no longer suspended. `TenantUpdatedV1` comes beside it."""

    tenant: Tenant


class PlanChangedV1(Event, source=SERVICE, type="plan.changed.v1"):
    """A tenant has another plan. `TenantUpdatedV1` comes beside it."""

    plan: PlanCode
    previous: PlanCode
    limits: PlanLimits


class SettingsUpdatedV1(Event, source=SERVICE, type="settings.updated.v1"):
    """What other services need of a tenant's settings, the whole of it; newest `updatedAt` wins. No secrets."""

    quiet_hours: QuietHours | None
    reminder_times: list[int]
    require_mfa: bool
    updated_at: datetime


class UsageMetric(enum.StrEnum):
    """What a plan limits."""

    CHANNELS = "CHANNELS"
    MESSAGES = "MESSAGES"


class UsageThresholdReachedV1(Event, source=SERVICE, type="usage.threshold_reached.v1"):
    """A tenant has used 80 or 100 percent of something, for the first time in the month."""

    metric: UsageMetric
    month: str
    threshold: int
    used: int
    limit: int


class AuditRecordedV1(AuditRecorded, source=SERVICE, type="audit.recorded.v1", consumed_by=("auth",)):
    """A change in `tenants` for the audit log."""


class TenantCreatedV1(Event, source=SERVICE, type="tenant.created.v1", consumed_by=("analytics", "auth", "messaging")):
    """A tenant was made. The same facts as its view, so that other services may keep a copy."""

    tenant: Tenant
    limits: PlanLimits | None = None


class SalonCreatedV1(Event, source=SERVICE, type="salon.created.v1"):
    """A location was opened. `salon` is the whole of it."""

    salon_id: Id
    name: str
    timezone: str
    currency: str
    salon: Salon | None = None


class SalonUpdatedV1(Event, source=SERVICE, type="salon.updated.v1"):
    """A location changed: the whole of it, newest `updatedAt` wins."""

    salon: Salon


class SalonRemovedV1(Event, source=SERVICE, type="salon.removed.v1"):
    """A location was closed for good."""

    salon_id: Id


class ChannelConnectedV1(Event, source=SERVICE, type="channel.connected.v1", consumed_by=("messaging", "tenants")):
    """A channel was made or changed. Internal: it carries the sealed credentials and never enters the public log.

    `credentials` is the access token or bot token as it came, sealed with the envelope key that `tenants` and
    `messaging` share, bound to tenant, `channels`, `credentials` and the channel's id. Of several, the highest
    `version` holds. One that is not active must not send, and its number may be another channel's; it has no
    credentials here.
    """

    channel_id: Id
    channel_type: ChannelType
    name: str
    salon_id: Id | None
    phone_number_id: str | None
    business_account_id: str | None
    display_phone_number: str | None
    credentials: str | None
    is_active: bool
    version: int
    is_proved: bool = False
    """Whether the provider has ever accepted the credentials: news of an account are first of all for who proved it."""


class TenantUnknown(NotFound):
    """There is no such tenant."""

    code = "tenants.not_found"


class SlugTaken(Conflict):
    """The slug is in use."""

    code = "tenants.slug_taken"


class SalonUnknown(NotFound):
    """There is no such salon."""

    code = "tenants.salon_not_found"


class TelegramLoginRefused(Unauthenticated):
    """Telegram did not sign this, or too long ago."""

    code = "tenants.telegram_login_refused"


class ChannelUnknown(NotFound):
    """There is no such channel."""

    code = "tenants.channel_not_found"


class ChannelChanged(Conflict):
    """Somebody changed the channel while its provider was asked; look, and try again."""

    code = "tenants.channel_changed"


class NumberTaken(Conflict):
    """Another channel has this phone number id or this bot."""

    code = "tenants.number_taken"


class PlanLimit(Forbidden):
    """The plan allows no more of these."""

    code = "tenants.plan_limit"


class PlanTooSmall(Invalid):
    """The present use does not fit into the plan; details name what is in the way."""

    code = "tenants.plan_too_small"


class CredentialsRefused(Invalid):
    """The provider refused the credentials."""

    code = "tenants.credentials_refused"


class ProviderAway(Unavailable):
    """The provider could not be asked; try again shortly."""

    code = "tenants.provider_away"


class PlatformAdminNeeded(Forbidden):
    """Only a super admin may do this."""

    code = "tenants.platform_admin_needed"
