"""Messages and conversations."""

from __future__ import annotations

from gateway.access import role
from gateway.resource import Resource
from services.common.contracts.auth import Role
from services.common.contracts.messaging import (
    ChannelAmbiguous,
    ChannelUnknown,
    ClientMessageIdReused,
    ContentRefused,
    ConversationUnknown,
    GetConversation,
    GetMessage,
    ListConversations,
    ListMessages,
    MessageUnknown,
    QueueMessage,
)

messages = Resource("messages", "What was written, either way.")
conversations = Resource("conversations", "The thread of one contact on one channel.")
whatsapp = Resource("whatsapp", "Short forms for WhatsApp.")

_MESSAGES, _CONVERSATIONS = role(Role.STAFF, "messages"), role(Role.STAFF, "conversations")
_REFUSALS = (ChannelAmbiguous, ContentRefused, ChannelUnknown, ConversationUnknown, ClientMessageIdReused)

messages.route_to(
    QueueMessage, "POST /messages", access=_MESSAGES, status=202, refuses=_REFUSALS, located_at="/messages"
)
messages.route_to(ListMessages, "GET /messages", access=_MESSAGES)
messages.route_to(GetMessage, "GET /messages/<id:messageId>", access=_MESSAGES, refuses=(MessageUnknown,))

conversations.route_to(ListConversations, "GET /conversations", access=_CONVERSATIONS)
conversations.route_to(
    GetConversation, "GET /conversations/<id:conversationId>", access=_CONVERSATIONS, refuses=(ConversationUnknown,)
)
conversations.route_to(
    QueueMessage,
    "POST /conversations/<id:conversationId>/messages",
    access=_MESSAGES,
    status=202,
    refuses=_REFUSALS,
    takes=("type", "content", "text", "replyTo", "clientMessageId"),
    located_at="/messages",
    summary="Write into a conversation.",
)

whatsapp.route_to(
    QueueMessage,
    "POST /whatsapp/send-text",
    access=_MESSAGES,
    status=202,
    refuses=_REFUSALS,
    fixed={"type": lambda: "TEXT"},
    takes=("to", "text", "conversationId", "channelId", "phoneNumberId", "replyTo", "clientMessageId"),
    needs=("text",),
    located_at="/messages",
    summary="Send a text.",
    example={"to": "+16505551234", "text": "See you at ten."},
)
