"""Taking a message for sending: to whom, through which channel, what may be in it, and once for each client's id."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.contracts.errors import Invalid, ServiceError
from services.common.contracts.messaging import (
    ChannelAmbiguous,
    ChannelUnknown,
    ClientMessageIdReused,
    ContentRefused,
    ConversationUnknown,
    Direction,
    MessageStatus,
)
from services.common.contracts.tenants import ChannelType
from services.common.kit.ids import new_id
from tests.integration.messaging.post import Scripted, queue, send
from tests.integration.messaging.webhooks import Front, body_of, text_of, value_of


@pytest.fixture
def channel(front: Front, tenant: str) -> str:
    return front.connect(tenant, new_id())


def conversation_rows(front: Front, tenant: str) -> Any:
    return front.rows("select * from conversations where tenant_id = :tenant", tenant=tenant)


def test_the_flat_form_makes_contact_and_conversation(front: Front, tenant: str, channel: str) -> None:
    message = queue(front, tenant, to="+1 (650) 555-1234", text="See you at ten.", type="text")
    assert (message.direction, message.status, message.channel_id) == (
        Direction.OUTBOUND,
        MessageStatus.QUEUED,
        channel,
    )
    assert (message.to, message.from_, message.content) == ("+16505551234", "+15550783881", {"text": "See you at ten."})
    (row,) = conversation_rows(front, tenant)
    assert (row.message_count, row.unread_count, row.last_message_preview) == (1, 0, "See you at ten.")
    assert row.window_expires_at is None
    events = front.rows("select routing_key, payload from outbox where tenant_id = :tenant", tenant=tenant)
    assert [event.routing_key for event in events] == ["message.queued.v1"]
    assert "See you" not in events[0].payload
    assert '"isNewConversation":true' in events[0].payload


def test_a_second_message_goes_into_the_same_conversation(front: Front, tenant: str, channel: str) -> None:
    first = queue(front, tenant, to="551171234567")
    second = queue(front, tenant, to="+5511971234567", text="again")
    third = queue(front, tenant, to=None, conversationId=first.conversation_id, text="and again")
    assert {second.conversation_id, third.conversation_id} == {first.conversation_id}


def test_an_answer_goes_to_what_the_provider_calls_the_person(front: Front, tenant: str) -> None:
    number = new_id()
    front.connect(tenant, number)
    front.post(body_of(value_of([text_of(new_id(), from_="551171234567")], number=number)))
    assert queue(front, tenant, to="+5511971234567").to == "+551171234567"


def test_a_person_can_be_addressed_by_user_id(front: Front, tenant: str, channel: str) -> None:
    message = queue(front, tenant, to="US.13491208655302741918")
    assert message.to == "US.13491208655302741918"


@pytest.mark.parametrize("to", ["hello", "0123", "12", "+1"])
def test_a_recipient_that_is_none_is_refused(front: Front, tenant: str, channel: str, to: str) -> None:
    with pytest.raises(Invalid):
        queue(front, tenant, to=to)


def test_the_same_clients_id_is_the_same_message(front: Front, tenant: str, channel: str) -> None:
    first = queue(front, tenant, clientMessageId="c-1")
    again = queue(front, tenant, clientMessageId="c-1")
    nested = queue(front, tenant, clientMessageId="c-1", text=None, content={"text": "hello"})
    assert first.id == again.id == nested.id
    assert len(front.rows("select 1 from outbox where tenant_id = :tenant", tenant=tenant)) == 1
    for other in ({"text": "other"}, {"to": "+16505550000"}):
        with pytest.raises(ClientMessageIdReused):
            queue(front, tenant, clientMessageId="c-1", **other)


def test_two_tenants_may_use_the_same_clients_id(front: Front, tenant: str, channel: str) -> None:
    other = new_id()
    front.connect(other, new_id())
    assert queue(front, tenant, clientMessageId="x").id != queue(front, other, clientMessageId="x").id


def test_the_channel_is_the_only_one_or_must_be_named(front: Front, tenant: str) -> None:
    with pytest.raises(ChannelAmbiguous):
        queue(front, tenant)
    number = new_id()
    first = front.connect(tenant, number)
    assert queue(front, tenant).channel_id == first
    second = front.connect(tenant, new_id())
    with pytest.raises(ChannelAmbiguous):
        queue(front, tenant)
    assert queue(front, tenant, channelId=second).channel_id == second
    assert queue(front, tenant, phoneNumberId=number).channel_id == first


def test_a_number_is_written_to_through_whatsapp(front: Front, tenant: str, channel: str) -> None:
    telegram = front.connect(tenant, None, type_=ChannelType.TELEGRAM)
    assert queue(front, tenant).channel_id == channel
    with pytest.raises(Invalid):
        queue(front, tenant, channelId=telegram)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"channelId": "01a1f917-53e9-71bc-9cbd-ba30c84e0c12"}, ChannelUnknown),
        ({"phoneNumberId": "nobody's"}, ChannelUnknown),
        ({"to": None, "conversationId": "01a1f917-53e9-71bc-9cbd-ba30c84e0c12"}, ConversationUnknown),
        ({"to": None}, Invalid),
        ({"conversationId": "01a1f917-53e9-71bc-9cbd-ba30c84e0c12"}, Invalid),
        ({"replyTo": "01a1f917-53e9-71bc-9cbd-ba30c84e0c12"}, Invalid),
        ({"text": None}, ContentRefused),
        ({"text": " "}, ContentRefused),
        ({"text": "x" * 4097}, ContentRefused),
        ({"type": "STICKER"}, ContentRefused),
    ],
)
def test_what_cannot_be_sent_is_refused(
    front: Front, tenant: str, channel: str, request_: dict[str, Any], error: type[ServiceError]
) -> None:
    with pytest.raises(error):
        queue(front, tenant, **request_)
    assert conversation_rows(front, tenant) == []


def test_another_tenants_channel_and_conversation_do_not_exist(front: Front, tenant: str, channel: str) -> None:
    theirs = queue(front, tenant)
    other = new_id()
    front.connect(other, new_id())
    with pytest.raises(ChannelUnknown):
        queue(front, other, channelId=channel)
    with pytest.raises(ConversationUnknown):
        queue(front, other, to=None, conversationId=theirs.conversation_id)


def test_a_reply_quotes_a_message_that_the_provider_knows(front: Front, tenant: str) -> None:
    number = new_id()
    front.connect(tenant, number)
    front.post(body_of(value_of([text_of("wamid.q")], number=number)))
    (row,) = front.rows("select id, conversation_id from messages where tenant_id = :tenant", tenant=tenant)
    message = queue(front, tenant, to=None, conversationId=str(row.conversation_id), replyTo=str(row.id))
    assert message.reply_to == str(row.id)
    sender = Scripted()
    send(front, tenant, message.id, sender)
    with pytest.raises(Invalid):
        queue(front, tenant, replyTo=message.id, to="+491701234567")
    assert sender.sent == []  # the channel of this test has no credentials
