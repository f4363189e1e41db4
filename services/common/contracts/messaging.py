"""What the world may know about `messaging`: contacts, conversations, messages, templates, what became of webhooks."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Annotated, Any

from marshmallow import validate

from services.common.contracts.audit import AuditRecorded
from services.common.contracts.base import Event, Request, View
from services.common.contracts.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from services.common.contracts.paging import Cursor, Limit, PageNumber, Pagination
from services.common.contracts.schema import Documented
from services.common.contracts.types import CommaList, Id, Money

SERVICE = "messaging"

Recipient = Annotated[
    str,
    validate.Length(min=3, max=140),
    Documented(description="A phone number (E.164) or a WhatsApp user id", example="+16505551234"),
]
SearchText = Annotated[str, validate.Length(min=1, max=200)]


class Direction(enum.StrEnum):
    """Seen from the business."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"


class MessageType(enum.StrEnum):
    """What a message is. A type that is not known yet is kept as `UNKNOWN`, with its raw form."""

    TEXT = "TEXT"
    IMAGE = "IMAGE"
    VIDEO = "VIDEO"
    AUDIO = "AUDIO"
    DOCUMENT = "DOCUMENT"
    STICKER = "STICKER"
    LOCATION = "LOCATION"
    CONTACTS = "CONTACTS"
    INTERACTIVE = "INTERACTIVE"
    BUTTON = "BUTTON"
    TEMPLATE = "TEMPLATE"
    REACTION = "REACTION"
    ORDER = "ORDER"
    SYSTEM = "SYSTEM"
    UNKNOWN = "UNKNOWN"


class MessageStatus(enum.StrEnum):
    """`UNCERTAIN`: the provider's answer was lost; its status webhook settles it."""

    QUEUED = "QUEUED"
    SENDING = "SENDING"
    SENT = "SENT"
    DELIVERED = "DELIVERED"
    READ = "READ"
    FAILED = "FAILED"
    RECEIVED = "RECEIVED"
    UNCERTAIN = "UNCERTAIN"


class ConversationStatus(enum.StrEnum):
    """What the business does with a conversation."""

    OPEN = "OPEN"
    PENDING = "PENDING"
    SNOOZED = "SNOOZED"
    CLOSED = "CLOSED"
    BLOCKED = "BLOCKED"


class Priority(enum.StrEnum):
    """How urgent a conversation is."""

    LOW = "LOW"
    NORMAL = "NORMAL"
    HIGH = "HIGH"
    URGENT = "URGENT"


class WindowStatus(enum.StrEnum):
    """Whether the provider's 24-hour window for free-form messages is open."""

    ACTIVE = "ACTIVE"
    EXPIRED = "EXPIRED"


class TemplateCategory(enum.StrEnum):
    """What a template is for; the price follows from it. One that is not known yet is `UNKNOWN`."""

    MARKETING = "MARKETING"
    UTILITY = "UTILITY"
    AUTHENTICATION = "AUTHENTICATION"
    UNKNOWN = "UNKNOWN"


class TemplateStatus(enum.StrEnum):
    """How far the provider lets a template go: only one that is `APPROVED` can be sent."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    PAUSED = "PAUSED"
    DISABLED = "DISABLED"


class ContactSummary(View):
    """A contact as it stands in a conversation."""

    id: Id
    name: str | None
    phone_number: str | None


class Conversation(View):
    """The thread of one contact on one channel, for ever; what comes in reopens it."""

    id: Id
    contact: ContactSummary
    channel_id: Id
    status: ConversationStatus
    assigned_to: Id | None
    tags: list[str]
    priority: Priority
    unread_count: int
    message_count: int
    last_message_at: datetime | None
    last_message_preview: str | None
    window_status: WindowStatus
    window_expires_at: datetime | None
    total_cost: Money | None
    next_booking: dict[str, Any] | None
    version: int
    created_at: datetime
    updated_at: datetime


class StatusChange(View):
    """One step in the life of a message."""

    status: MessageStatus
    at: datetime


class DeliveryError(View):
    """Why a message was not delivered, in the provider's code."""

    code: str
    message: str
    retryable: bool


class Message(View):
    """One item of a conversation. `content` depends on `type`; for `UNKNOWN` it holds the raw item."""

    id: Id
    conversation_id: Id
    contact_id: Id
    channel_id: Id
    direction: Direction
    type: MessageType
    status: MessageStatus
    content: dict[str, Any]
    external_id: str | None
    from_: str | None
    to: str | None
    reply_to: str | None
    client_message_id: str | None
    cost: Money | None
    error: DeliveryError | None
    status_history: list[StatusChange]
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    created_at: datetime
    updated_at: datetime


class MessagePage(View):
    """A page of messages, newest first."""

    messages: list[Message]
    pagination: Pagination


class ConversationPage(View):
    """A page of conversations, the one with the latest message first."""

    conversations: list[Conversation]
    pagination: Pagination


class ConversationDetail(Conversation):
    """A conversation with its latest messages, newest first."""

    messages: list[Message]


class Template(View):
    """A message that the provider has to approve, in one language: the only kind that goes out of the 24-hour window.

    `provider_status` is the provider's own word for `status`; `salon_id` is that of the account's channels, where they
    all have the same one.
    """

    EXAMPLE = {
        "id": "01936f2e-8a4b-7c3d-9e5f-0a1b2c3d4e5f",
        "name": "appointment_reminder",
        "language": "en_US",
        "category": "UTILITY",
        "status": "APPROVED",
        "providerStatus": "APPROVED",
        "rejectionReason": None,
        "parameterFormat": "POSITIONAL",
        "components": [
            {
                "type": "BODY",
                "text": "Hello {{1}}, see you on {{2}} for your appointment.",
                "example": {"body_text": [["Sheena", "Monday at 10:00"]]},
            }
        ],
        "salonId": None,
        "businessAccountId": "102290129340398",
        "externalId": "1689556908129832",
        "version": 1,
        "createdAt": "2026-01-15T09:00:00Z",
        "updatedAt": "2026-01-15T09:00:00Z",
    }

    id: Id
    name: str
    language: str
    category: TemplateCategory
    status: TemplateStatus
    provider_status: str
    rejection_reason: str | None
    parameter_format: str
    components: list[dict[str, Any]]
    salon_id: Id | None
    business_account_id: str
    external_id: str
    version: int
    created_at: datetime
    updated_at: datetime


class TemplatePage(View):
    """A page of templates, the oldest first."""

    templates: list[Template]
    pagination: Pagination


class TemplateSync(View):
    """What the provider's list has changed in ours; `total` is how many templates it holds."""

    added: int
    updated: int
    removed: int
    total: int


class WebhookItem(View):
    """What became of one item of a webhook.

    `outcome` is one of MESSAGE, STATUS, ACCOUNT, UNKNOWN, UNROUTED, DUPLICATE, IGNORED, FAILED.
    """

    path: str
    kind: str
    outcome: str
    tenant_id: Id | None
    detail: str | None


class WebhookReport(View):
    """What became of one webhook body: `items` is empty while it has not been processed."""

    body_hash: str
    received_at: datetime
    processed_at: datetime | None
    repeats: int
    items: list[WebhookItem]


class WebhookReports(View):
    """Reports of the bodies that are known; a hash that is missing has not arrived yet."""

    reports: list[WebhookReport]


class QueueMessage(Request[Message], service=SERVICE, method="queue_message"):
    """Take a message for sending. It goes to a person (`to`) or into a conversation that exists.

    Also takes the flat form `{phoneNumberId, to, type: "text", text}`. Repeating a `client_message_id` returns the
    message of the first time.
    """

    EXAMPLE = {"to": "+16505551234", "type": "TEXT", "content": {"text": "See you at ten."}}

    type: MessageType = MessageType.TEXT
    to: Recipient | None = None
    conversation_id: Id | None = None
    content: dict[str, Any] | None = None
    text: Annotated[str, Documented(description="short for content.text")] | None = None
    channel_id: Id | None = None
    phone_number_id: Annotated[str, validate.Length(min=1, max=64)] | None = None
    reply_to: Id | None = None
    client_message_id: Annotated[str, validate.Length(min=1, max=200)] | None = None


class GetMessage(Request[Message], service=SERVICE, method="get_message"):
    """One message."""

    message_id: Id


class ListMessages(Request[MessagePage], service=SERVICE, method="list_messages"):
    """Messages, newest first. `from` and `to` are instants of the message, half-open."""

    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None
    conversation_id: Id | None = None
    channel_id: Id | None = None
    direction: Direction | None = None
    status: MessageStatus | None = None
    type: MessageType | None = None
    from_: datetime | None = None
    to: datetime | None = None
    q: SearchText | None = None


class GetConversation(Request[ConversationDetail], service=SERVICE, method="get_conversation"):
    """One conversation with its latest messages."""

    conversation_id: Id


class ListConversations(Request[ConversationPage], service=SERVICE, method="list_conversations"):
    """Conversations, the one with the latest message first. `q` searches name, phone number and text."""

    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None
    status: ConversationStatus | None = None
    assigned_to: Id | None = None
    tag: SearchText | None = None
    channel_id: Id | None = None
    unread: bool | None = None
    q: SearchText | None = None


class GetTemplate(Request[Template], service=SERVICE, method="get_template"):
    """One template."""

    template_id: Id


class ListTemplates(Request[TemplatePage], service=SERVICE, method="list_templates"):
    """Templates, the oldest first, as they were when they were last synchronised. `q` searches the name."""

    page: PageNumber = 1
    limit: Limit = 50
    cursor: Cursor | None = None
    status: TemplateStatus | None = None
    category: TemplateCategory | None = None
    language: Annotated[str, validate.Length(min=1, max=20)] | None = None
    name: SearchText | None = None
    q: SearchText | None = None


class SyncTemplates(Request[TemplateSync], service=SERVICE, method="sync_templates"):
    """Take over the templates of the connected WhatsApp business accounts from the provider. MANAGER.

    Each account is taken over by itself: where one of several is refused, the others are up to date all the same.
    """


class ReportWebhooks(Request[WebhookReports], service=SERVICE, method="report_webhooks"):
    """What became of webhook bodies, by the SHA-256 of their raw bytes in hex. For operators, across tenants."""

    body_hashes: Annotated[CommaList, validate.Length(min=1, max=500)]


class RefileWebhooks(Request[WebhookReports], service=SERVICE, method="refile_webhooks"):
    """File the failed items of these bodies once more, or without any, of the hundred oldest that have one.

    For operators, across tenants; may be repeated. The answer is what has become of the bodies.
    """

    body_hashes: Annotated[CommaList, validate.Length(min=1, max=500)] | None = None


class MessageReceivedV1(Event, source=SERVICE, type="message.received.v1", consumed_by=("analytics", "tenants")):
    """A customer wrote. Ids and facts only, no text."""

    message_id: Id
    conversation_id: Id
    contact_id: Id
    channel_id: Id
    message_type: MessageType
    sent_at: datetime
    is_new_conversation: bool


class MessageQueuedV1(
    Event, source=SERVICE, type="message.queued.v1", consumed_by=("analytics", "messaging", "tenants")
):
    """A message of the business was accepted for sending."""

    message_id: Id
    conversation_id: Id
    contact_id: Id
    channel_id: Id
    message_type: MessageType
    queued_at: datetime
    is_new_conversation: bool


class MessageStatusChangedV1(Event, source=SERVICE, type="message.status_changed.v1", consumed_by=("analytics",)):
    """A message of the business went a step further; `previous` is where it stood before."""

    message_id: Id
    conversation_id: Id
    channel_id: Id
    previous: MessageStatus
    status: MessageStatus
    changed_at: datetime


class AuditRecordedV1(AuditRecorded, source=SERVICE, type="audit.recorded.v1", consumed_by=("auth",)):
    """A change in `messaging` for the audit log."""


class ConversationUnknown(NotFound):
    """There is no such conversation."""

    code = "messaging.conversation_not_found"


class MessageUnknown(NotFound):
    """There is no such message."""

    code = "messaging.message_not_found"


class ChannelUnknown(NotFound):
    """There is no such channel."""

    code = "messaging.channel_not_found"


class ChannelAmbiguous(Invalid):
    """The tenant has no channel, or several: say which one by channelId or phoneNumberId."""

    code = "messaging.channel_ambiguous"


class ContentRefused(Invalid):
    """The content does not fit the type."""

    code = "messaging.content_refused"


class ClientMessageIdReused(Conflict):
    """The clientMessageId was used for another message."""

    code = "messaging.client_message_id_reused"


class ChannelDisconnected(Conflict):
    """The channel is disconnected; connect it, or send on another one."""

    code = "messaging.channel_disconnected"


class QuotaExceeded(Forbidden):
    """The plan allows no more messages this month."""

    code = "messaging.quota_exceeded"


class TemplateUnknown(NotFound):
    """There is no such template."""

    code = "messaging.template_not_found"


class AccountMissing(Conflict):
    """No WhatsApp business account is connected yet; connect a channel first."""

    code = "messaging.account_missing"


class ProviderRefused(Conflict):
    """The provider refuses to tell with the channel's credentials."""

    code = "messaging.provider_refused"


class ProviderAway(Unavailable):
    """The provider could not be asked; try again shortly."""

    code = "messaging.provider_away"
