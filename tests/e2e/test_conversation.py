"""The product's reason to be: a customer writes, the business answers, both see what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.api import Api
from tests.e2e.business import Business, Person, register
from tests.e2e.patience import eventually
from tests.simulators.graph_api.control import ControlClient


@pytest.fixture(scope="module")
def customer(business: Business) -> Person:
    """Somebody whose phone tells when a message arrives and when it is read."""
    person = business.new_person("Sheena Nelson")
    business.simulator.set_behaviour(recipient=person.phone, statuses=["sent", "delivered", "read"])
    return person


@pytest.fixture(scope="module")
def heard(business: Business, customer: Person) -> dict[str, Any]:
    """The customer's first message, in the inbox."""
    return business.hear(customer, "Do you have time on Friday?")


def test_a_new_business_opens_a_salon_and_sees_it_in_its_list(business: Business) -> None:
    form = {"name": "Heron Mitte", "timezone": "Europe/Berlin", "currency": "EUR"}
    made = business.api.post("/salons", form)
    assert made.status == 201
    salon = made.data
    assert business.api.call("GET", made.headers["Location"]).data == salon
    assert salon in business.api.get("/salons").data["salons"]
    assert business.api.get("/tenant").data["id"] == business.tenant_id


def test_a_channel_never_shows_its_access_token(business: Business) -> None:
    shown = [business.channel, business.api.get(f"/channels/{business.channel['id']}").data]
    for channel in [*shown, *business.api.get("/channels").data["channels"]]:
        assert channel["phoneNumberId"] == business.number_id
        assert channel["accessToken"].startswith("••••")
        assert business.access_token not in str(channel)


def test_what_a_customer_writes_is_in_the_inbox_once_with_contact_and_open_window(
    business: Business, customer: Person, heard: dict[str, Any]
) -> None:
    assert (heard["direction"], heard["type"], heard["status"]) == ("INBOUND", "TEXT", "RECEIVED")
    assert heard["content"]["text"] == "Do you have time on Friday?"
    assert heard["from"] == customer.written
    conversation = business.api.get(f"/conversations/{heard['conversationId']}").data
    assert conversation["contact"]["name"] == customer.name
    assert conversation["contact"]["phoneNumber"] == customer.written
    assert conversation["channelId"] == business.channel["id"]
    assert (conversation["status"], conversation["windowStatus"]) == ("OPEN", "ACTIVE")
    assert (conversation["unreadCount"], conversation["messageCount"]) == (1, 1)
    assert [message["id"] for message in conversation["messages"]] == [heard["id"]]


def test_an_answer_reaches_the_customer_exactly_once_and_is_followed_until_it_is_read(
    business: Business, customer: Person, heard: dict[str, Any]
) -> None:
    taken = business.api.post(
        "/messages", {"conversationId": heard["conversationId"], "text": "Friday at ten is free."}
    )
    assert taken.status == 202
    queued = taken.data
    assert (queued["direction"], queued["status"]) == ("OUTBOUND", "QUEUED")
    read = business.await_status(queued["id"], "READ")
    (accepted,) = business.simulator.accepted(biz_opaque_callback_data=queued["id"])
    assert (accepted.phone_number_id, accepted.to.lstrip("+")) == (business.number_id, customer.phone)
    assert accepted.body["text"]["body"] == "Friday at ten is free."
    assert read["externalId"] == accepted.id
    steps = [step["status"] for step in read["statusHistory"]]
    assert [step for step in steps if step in {"SENT", "DELIVERED", "READ"}] == ["SENT", "DELIVERED", "READ"]
    assert read["sentAt"] <= read["deliveredAt"] <= read["readAt"]
    assert business.api.call("GET", taken.headers["Location"]).data["id"] == queued["id"]


def test_a_reply_quotes_the_message_that_it_answers(
    business: Business, customer: Person, heard: dict[str, Any]
) -> None:
    path = f"/conversations/{heard['conversationId']}/messages"
    order = {"type": "text", "content": {"text": "At ten, then."}, "replyTo": heard["id"]}
    queued = business.api.post(path, order).data
    assert queued["conversationId"] == heard["conversationId"]
    business.await_status(queued["id"], "SENT", "DELIVERED", "READ")
    (accepted,) = business.simulator.accepted(biz_opaque_callback_data=queued["id"])
    assert accepted.body["context"]["message_id"] == heard["externalId"]


def test_the_flat_form_and_the_short_form_send_texts_too(business: Business, customer: Person) -> None:
    flat = {"phoneNumberId": business.number_id, "to": customer.phone, "type": "text", "text": "Flat."}
    short = {"to": customer.written, "text": "Short."}
    for path, order in (("/messages", flat), ("/whatsapp/send-text", short)):
        queued = business.api.post(path, order).data
        assert queued["content"]["text"] == order["text"]
        business.await_status(queued["id"], "SENT", "DELIVERED", "READ")


def test_figures_count_what_was_written_each_way(open_another: Callable[[], Business]) -> None:
    business = open_another()
    person = business.new_person()
    business.simulator.set_behaviour(recipient=person.phone, statuses=["sent", "delivered", "read"])
    for text in ("One.", "Two."):
        business.hear(person, text)
    business.await_status(business.say(person, "Three.")["id"], "READ")

    def counted() -> dict[str, Any] | None:
        figures: dict[str, Any] = business.api.get("/analytics/overview", days=7).data
        done = figures["overview"]["totalMessages"] == 3 and figures["messagesByStatus"]["read"] == 1
        return figures if done else None

    figures = eventually("three counted messages", counted)
    assert figures["overview"]["totalConversations"] == 1
    assert figures["overview"]["deliveryRate"] == 1
    assert figures["overview"]["sentToday"] == 1
    today = figures["dailyActivity"][-1]
    assert (today["sent"], today["received"]) == (1, 2)


def test_a_first_word_to_a_stranger_opens_a_conversation(business: Business) -> None:
    stranger = business.new_person("Noor")
    queued = business.say(stranger, "Your table is ready.")
    conversation = business.api.get(f"/conversations/{queued['conversationId']}").data
    assert conversation["contact"]["phoneNumber"] == stranger.written
    assert conversation["windowStatus"] == "EXPIRED"
    # Outside of the window the provider takes a text and refuses it later.
    failed = business.await_status(queued["id"], "FAILED")
    assert failed["error"]["code"] == "131047"
    heard = business.hear(stranger, "On my way.")
    assert heard["conversationId"] == queued["conversationId"]


def test_every_kind_of_message_of_a_customer_is_kept_for_what_it_is(business: Business) -> None:
    person = business.new_person("Mina")
    location = {"type": "location", "location": {"latitude": 52.5, "longitude": 13.4, "name": "Mitte"}}
    contacts = {"type": "contacts", "contacts": [{"name": {"formatted_name": "Ada", "first_name": "Ada"}}]}
    text = {"type": "text", "text": {"body": "Here."}}
    ids = business.simulator.write_many(person.phone, [location, contacts, text], to=business.number_id)
    messages = [business.await_message(each) for each in ids]
    assert [message["type"] for message in messages] == ["LOCATION", "CONTACTS", "TEXT"]
    assert len({message["conversationId"] for message in messages}) == 1


def test_a_message_delivered_ten_times_is_there_once(business: Business) -> None:
    person = business.new_person("Piet")
    external_id = business.simulator.write(person.phone, "Once is enough.", to=business.number_id, copies=10)
    heard = business.await_message(external_id)
    business.simulator.wait_until_idle()
    conversation = business.api.get(f"/conversations/{heard['conversationId']}").data
    assert (conversation["messageCount"], conversation["unreadCount"]) == (1, 1)


def test_lists_page_by_number_and_by_cursor_alike(business: Business) -> None:
    person = business.new_person("Lou")
    written = [{"type": "text", "text": {"body": f"Line {number}"}} for number in range(5)]
    ids = business.simulator.write_many(person.phone, written, to=business.number_id)
    conversation_id = business.await_message(ids[-1])["conversationId"]
    whole = business.api.get("/messages", conversationId=conversation_id).data["messages"]
    assert len(whole) == 5
    by_number = [
        business.api.get("/messages", conversationId=conversation_id, limit=2, page=page).data for page in (1, 2, 3)
    ]
    assert [message for page in by_number for message in page["messages"]] == whole
    assert by_number[0]["pagination"]["total"] == 5
    seen, cursor = [], by_number[0]["pagination"]["nextCursor"]
    seen += by_number[0]["messages"]
    while cursor:
        page = business.api.get("/messages", conversationId=conversation_id, limit=2, cursor=cursor).data
        seen += page["messages"]
        cursor = page["pagination"]["nextCursor"]
    assert seen == whole
    slim = business.api.get("/messages", conversationId=conversation_id, fields="id,status").data["messages"]
    assert slim == [{"id": message["id"], "status": message["status"]} for message in whole]


def test_conversations_are_found_by_name_and_by_text(business: Business) -> None:
    person = business.new_person("Zacharias Quill")
    heard = business.hear(person, "I lost my umbrella at your place.")
    for words in ("Quill", "umbrella", person.phone):
        found = business.api.get("/conversations", q=words).data["conversations"]
        assert heard["conversationId"] in [conversation["id"] for conversation in found], words


def test_an_older_client_uses_the_api_without_a_version(business: Business, api: Api) -> None:
    versioned = business.api.get("/api/v1/conversations").data
    assert business.api.get("/api/conversations").data == versioned
    assert api.get("/api/conversations").status == 401


def test_a_business_without_a_channel_is_told_so(api: Api, simulator: ControlClient) -> None:
    caller = api.as_caller(register(api)["token"])
    refused = caller.post("/messages", {"to": "+16505550100", "text": "Hello?"})
    assert (refused.status, refused.code) == (422, "messaging.channel_ambiguous")
