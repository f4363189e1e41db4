"""What the world may know about `tenants`: the subscribing businesses, their salons and their channels."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Any

from marshmallow import validate

from services.common.contracts.audit import AuditRecorded
from services.common.contracts.base import Event, Request, View
from services.common.contracts.errors import Conflict, Forbidden, NotFound, Unauthenticated
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
ProviderId = Annotated[str, validate.Length(min=1, max=64)]
AccessToken = Annotated[str, validate.Length(min=1, max=1000), Documented(writeOnly=True, example="EAAG…")]


class PlanCode(enum.StrEnum):
    """How many channels and messages a month a tenant pays for."""

    BASIC = "BASIC"
    PRO = "PRO"
    MAX = "MAX"


class TenantStatus(enum.StrEnum):
    """A suspended tenant's users and keys are refused; what comes in for it is still kept."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class ChannelType(enum.StrEnum):
    """What kind of sending identity a channel is."""

    WHATSAPP_CLOUD = "WHATSAPP_CLOUD"
    TELEGRAM = "TELEGRAM"


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
    access_token: Annotated[str | None, Documented(example="••••1f3a", description="masked")]
    is_active: bool
    created_at: datetime
    updated_at: datetime


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


class CreateSalon(Request[Salon], service=SERVICE, method="create_salon"):
    """Open a location."""

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


class GetSalon(Request[Salon], service=SERVICE, method="get_salon"):
    """One location."""

    salon_id: Id


class ListSalons(Request[SalonPage], service=SERVICE, method="list_salons"):
    """The tenant's locations, oldest first."""

    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None


class CreateChannel(Request[Channel], service=SERVICE, method="create_channel"):
    """Connect a sending identity. The access token is sealed at once and never shown again."""

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


class GetChannel(Request[Channel], service=SERVICE, method="get_channel"):
    """One channel."""

    channel_id: Id


class ListChannels(Request[ChannelPage], service=SERVICE, method="list_channels"):
    """The tenant's channels, oldest first."""

    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None


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


class TenantUpdatedV1(Event, source=SERVICE, type="tenant.updated.v1", consumed_by=("auth",)):
    """Something about a tenant changed that other services keep a copy of: the whole of it, newest `updatedAt` wins.

    Name, slug, plan, status, time zone, locale, currency, or the setting that all users need a second factor.
    """

    tenant: Tenant
    mfa_required: bool = False


class AuditRecordedV1(AuditRecorded, source=SERVICE, type="audit.recorded.v1", consumed_by=("auth",)):
    """A change in `tenants` for the audit log."""


class TenantCreatedV1(Event, source=SERVICE, type="tenant.created.v1", consumed_by=("analytics", "auth")):
    """A tenant was made. The same facts as its view, so that other services may keep a copy."""

    tenant: Tenant


class SalonCreatedV1(Event, source=SERVICE, type="salon.created.v1"):
    """A location was opened."""

    salon_id: Id
    name: str
    timezone: str
    currency: str


class ChannelConnectedV1(Event, source=SERVICE, type="channel.connected.v1", consumed_by=("messaging",)):
    """A channel was made or changed. Internal: it carries the sealed credentials and never enters the public log.

    `credentials` is the access token as it came, sealed with the envelope key that `tenants` and `messaging` share,
    bound to tenant, `channels`, `credentials` and the channel's id. Of several, the highest `version` holds.
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


class NumberTaken(Conflict):
    """Another channel has this phone number id."""

    code = "tenants.number_taken"


class PlanLimit(Forbidden):
    """The plan allows no more of these."""

    code = "tenants.plan_limit"
