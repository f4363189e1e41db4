"""Tables of `messaging`: a module for each noun, all of them here by name."""

from __future__ import annotations

from services.messaging.models.base import Base
from services.messaging.models.contacts import ContactIdentityRow, ContactRow
from services.messaging.models.conversations import ConversationRow, MessageRow, MessageStatusRow
from services.messaging.models.templates import TemplateRow
from services.messaging.models.tenants import ChannelRow, OutboundMonthRow, PlanRow
from services.messaging.models.webhooks import ProviderEventRow, UnroutedItemRow, WebhookEventRow, WebhookItemRow

__all__ = [
    "Base",
    "ChannelRow",
    "ContactIdentityRow",
    "ContactRow",
    "ConversationRow",
    "MessageRow",
    "MessageStatusRow",
    "OutboundMonthRow",
    "PlanRow",
    "ProviderEventRow",
    "TemplateRow",
    "UnroutedItemRow",
    "WebhookEventRow",
    "WebhookItemRow",
]
