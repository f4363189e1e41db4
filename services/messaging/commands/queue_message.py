"""Take a message of the business for sending."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import orjson

from services.common.contracts.errors import Invalid
from services.common.contracts.messaging import (
    ChannelAmbiguous,
    ChannelDisconnected,
    ClientMessageIdReused,
    Message,
    MessageQueuedV1,
    QueueMessage,
)
from services.common.contracts.tenants import ChannelType
from services.common.kit.ids import new_id
from services.common.kit.uow import UnitOfWork
from services.messaging import views
from services.messaging.domain import content
from services.messaging.domain.content import Outgoing
from services.messaging.domain.phones import parse_address
from services.messaging.domain.threads import Growth, preview
from services.messaging.models import ChannelRow
from services.messaging.repository.channels import ChannelRepository
from services.messaging.repository.conversations import ConversationRepository
from services.messaging.repository.quota import QuotaRepository
from services.messaging.repository.reading import MessageReader
from services.messaging.repository.sends import SendRepository
from services.messaging.repository.threads import Thread, ThreadRepository


def run(request: QueueMessage, uow: UnitOfWork) -> Message:
    """The same client's id again returns the first message. Raises when it stands for another one."""
    outgoing = content.check(request.type, request.content, request.text)
    fingerprint = _fingerprint(request, outgoing)
    sends = SendRepository(uow)
    first = sends.find_by_client_id(request.client_message_id) if request.client_message_id else None
    if first is None:
        thread = _thread(request, uow)
        if not thread.channel.is_active:
            raise ChannelDisconnected
        message_id = new_id()
        if sends.add(_values(request, outgoing, thread, uow) | {"id": message_id, "fingerprint": fingerprint}):
            _tell(request, outgoing, thread, message_id, uow)
            shown = _shown(message_id, uow)
            QuotaRepository(uow).take_one()
            return shown
        first = sends.find_by_client_id(request.client_message_id or "")
    if first is None or first[1] != fingerprint:
        raise ClientMessageIdReused
    return _shown(first[0], uow)


def _fingerprint(request: QueueMessage, outgoing: Outgoing) -> str:
    asked = request.to_wire() | {"content": outgoing.content, "text": None, "clientMessageId": None}
    return sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _thread(request: QueueMessage, uow: UnitOfWork) -> Thread:
    """The conversation that the message goes into, made if there is none yet."""
    if (request.conversation_id is None) == (request.to is None):
        raise Invalid("Some values are refused: to.", {"to": "Give either to or conversationId."})
    threads = ThreadRepository(uow)
    if request.conversation_id is None:
        return threads.find_or_add(parse_address(request.to or ""), _channel(request, uow))
    thread = threads.get_thread(request.conversation_id)
    channel = thread.channel
    if (request.channel_id or channel.id, request.phone_number_id or channel.phone_number_id) != (
        channel.id,
        channel.phone_number_id,
    ):
        reason = "Must be the conversation's channel, or be left out."
        raise ChannelAmbiguous("The conversation is on another channel.", {"channelId": reason})
    return thread


def _channel(request: QueueMessage, uow: UnitOfWork) -> ChannelRow:
    """Numbers and user ids are WhatsApp's, so the channel must be as well."""
    channels = ChannelRepository(uow)
    if request.channel_id is not None:
        channel = channels.get_channel(request.channel_id)
        if channel.type != ChannelType.WHATSAPP_CLOUD:
            raise Invalid("Some values are refused: channelId.", {"channelId": "Must be a WhatsApp channel."})
        return channel
    if request.phone_number_id is not None:
        return channels.get_channel_of_number(request.phone_number_id)
    return channels.get_only_channel()


def _values(request: QueueMessage, outgoing: Outgoing, thread: Thread, uow: UnitOfWork) -> dict[str, Any]:
    sender, recipient = ThreadRepository(uow).get_addresses(thread.conversation_id)
    return {
        "conversation_id": thread.conversation_id,
        "channel_id": thread.channel.id,
        "type": request.type.value,
        "content": outgoing.content,
        "text": outgoing.text,
        "sender": sender,
        "recipient": recipient,
        "reply_to": _quoted(request, thread, uow),
        "client_message_id": request.client_message_id,
    }


def _quoted(request: QueueMessage, thread: Thread, uow: UnitOfWork) -> str | None:
    if request.reply_to is None:
        return None
    external_id = SendRepository(uow).find_quoted(request.reply_to, thread.conversation_id)
    if external_id is None:
        reason = "Must be a message of this conversation that the provider knows."
        raise Invalid("Some values are refused: replyTo.", {"replyTo": reason})
    return external_id


def _tell(request: QueueMessage, outgoing: Outgoing, thread: Thread, message_id: str, uow: UnitOfWork) -> None:
    shown = preview(request.type, outgoing.text)
    grown = Growth(thread.conversation_id, messages=1, at=uow.now, key=message_id, preview=shown)
    ConversationRepository(uow).grow([grown])
    uow.publish(
        MessageQueuedV1(
            message_id=message_id,
            conversation_id=thread.conversation_id,
            contact_id=thread.contact_id,
            channel_id=thread.channel.id,
            message_type=request.type,
            queued_at=uow.now,
            is_new_conversation=thread.is_new,
        )
    )


def _shown(message_id: str, uow: UnitOfWork) -> Message:
    return views.message(MessageReader(uow).get_message(message_id))
