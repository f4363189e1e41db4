"""What becomes of an accepted message, and how its statuses reach the product."""

from typing import Any

import pytest

from tests.simulators.graph_api.control import ControlClient
from tests.simulators.graph_api.demo import DEMO_NUMBER_ID, DEMO_WABA_ID
from tests.unit.simulators.conftest import Sender
from tests.unit.simulators.webhook_sink import WebhookSink

HELLO: dict[str, Any] = {"type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}}}
OFFER: dict[str, Any] = {
    "type": "template",
    "template": {
        "name": "seasonal_offer",
        "language": {"code": "en_US"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "S"}, {"type": "text", "text": "hair"}]}
        ],
    },
}


def names(sink: WebhookSink) -> list[str]:
    return [status["status"] for status in sink.statuses()]


def test_sent_delivered_read(sender: Sender, control: ControlClient, sink: WebhookSink, open_window: str) -> None:
    message_id = sender.text("hi", biz_opaque_callback_data="tenant=42").json()["messages"][0]["id"]
    sink.wait_for(3)
    user_id = control.user_id(open_window, DEMO_WABA_ID)
    sent, delivered, read = sink.statuses()
    assert [sent["status"], delivered["status"], read["status"]] == ["sent", "delivered", "read"]
    for status in (sent, delivered, read):
        assert status["id"] == message_id
        assert status["recipient_id"] == open_window
        assert status["recipient_user_id"] == user_id
        assert status["biz_opaque_callback_data"] == "tenant=42"
        assert isinstance(status["timestamp"], str)
        assert "conversation" not in status
    assert sent["pricing"] == delivered["pricing"]
    assert "pricing" not in read
    assert control.accepted(id=message_id)[0].statuses == ["sent", "delivered", "read"]


def test_value_around_a_status(sender: Sender, sink: WebhookSink, open_window: str) -> None:
    sender.text("hi")
    first = sink.wait_for(1)[0]
    assert first.payload["object"] == "whatsapp_business_account"
    entry = first.payload["entry"][0]
    assert entry["id"] == DEMO_WABA_ID
    assert "time" not in entry
    value = entry["changes"][0]["value"]
    assert value["metadata"] == {"display_phone_number": "15550783881", "phone_number_id": DEMO_NUMBER_ID}
    assert value["contacts"][0]["profile"] == {"name": "Sheena Nelson"}
    assert value["contacts"][0]["wa_id"] == open_window


def test_free_form_outside_the_window_fails_later(sender: Sender, sink: WebhookSink) -> None:
    assert sender.text("hi", biz_opaque_callback_data="x").status_code == 200
    sink.wait_for(1)
    value, status = sink.values()[0], sink.statuses()[0]
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131047)
    assert status["errors"][0]["title"] == status["errors"][0]["message"]
    assert status["biz_opaque_callback_data"] == "x"
    assert "contacts" not in value
    assert "recipient_user_id" not in status


def test_window_ends_24_hours_after_the_last_message(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    control.set_clock(1_790_000_000, frozen=True)
    control.write("16505551234", "hello")
    control.advance_clock(24 * 3600 - 1)
    sender.text("in time")
    sink.wait_for(4)
    control.advance_clock(1)
    sender.text("too late")
    sink.wait_for(5)
    assert [*sorted(names(sink)[:3]), names(sink)[3]] == ["delivered", "read", "sent", "failed"]
    assert sink.statuses()[3]["timestamp"] == str(1_790_000_000 + 24 * 3600)


def test_template_needs_no_window(sender: Sender, sink: WebhookSink) -> None:
    answer = sender.send(**HELLO)
    assert answer.json()["messages"][0]["message_status"] == "accepted"
    sink.wait_for(3)
    assert names(sink) == ["sent", "delivered", "read"]


def test_recipient_without_whatsapp(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    control.create_customer("16505550000", on_whatsapp=False)
    assert sender.send("+16505550000", **HELLO).status_code == 200
    sink.wait_for(1)
    assert sink.statuses()[0]["errors"][0]["code"] == 131026


def test_unknown_user_id_fails_with_the_user_id(sender: Sender, sink: WebhookSink) -> None:
    body = {"messaging_product": "whatsapp", "recipient": "US.13491208655302741918", "text": {"body": "x"}}
    assert sender.call("POST", f"v26.0/{DEMO_NUMBER_ID}/messages", json=body).status_code == 200
    sink.wait_for(1)
    status = sink.statuses()[0]
    assert status["recipient_user_id"] == "US.13491208655302741918"
    assert "recipient_id" not in status


def test_hidden_phone_stays_hidden(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    control.create_customer("16505559999", name="Ada", username="ada", phone_hidden=True)
    control.set_window("ada")
    user_id = control.user_id("ada", DEMO_WABA_ID)
    body = {"messaging_product": "whatsapp", "recipient": user_id, "text": {"body": "x"}}
    sender.call("POST", f"v26.0/{DEMO_NUMBER_ID}/messages", json=body)
    bodies = [posted.body for posted in sink.wait_for(3)]
    contacts = [value["contacts"][0] for value in sink.values()]
    assert not any(b"wa_id" in body or b"recipient_id" in body for body in bodies)
    assert [contact["profile"].get("username") for contact in contacts] == [None, "ada", "ada"]


def test_reaction_is_only_sent(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    message_id = control.write("16505551234", "hello")
    sender.send(type="reaction", reaction={"message_id": message_id, "emoji": "👍"})
    control.wait_until_idle()
    assert names(sink) == ["sent"]


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ({"statuses": ["sent"]}, ["sent"]),
        ({"statuses": ["sent", "read"]}, ["sent", "read"]),
        ({"dropped": ["sent", "read"]}, ["delivered"]),
        ({"copies": 2, "statuses": ["sent"]}, ["sent", "sent"]),
        ({"order": "reversed"}, ["read", "delivered", "sent"]),
        ({"statuses": []}, []),
    ],
)
@pytest.mark.usefixtures("open_window")
def test_status_behaviour(
    sender: Sender, control: ControlClient, sink: WebhookSink, behaviour: dict[str, Any], expected: list[str]
) -> None:
    control.set_webhooks(concurrency=1)  # several posts at once may overtake each other on their way
    control.set_behaviour(**behaviour)
    sender.text("hi")
    control.wait_until_idle()
    assert names(sink) == expected


def test_behaviour_for_one_recipient(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    control.set_behaviour(statuses=["sent"])
    control.set_behaviour(recipient="+16505551111", statuses=["sent", "delivered"])
    for phone in ("+16505551111", "+16505552222"):
        sender.send(phone, **HELLO)
    control.wait_until_idle()
    told = [(status["recipient_id"], status["status"]) for status in sink.statuses()]
    assert sorted(told) == [("16505551111", "delivered"), ("16505551111", "sent"), ("16505552222", "sent")]


def test_status_before_the_answer(sender: Sender, control: ControlClient, sink: WebhookSink, open_window: str) -> None:
    control.set_behaviour(before_answer=True, delays={"delivered": 5.0, "read": 5.0})
    message_id = sender.text("hi").json()["messages"][0]["id"]
    assert [(status["id"], status["status"]) for status in sink.statuses()] == [(message_id, "sent")]


def test_status_told_by_hand(sender: Sender, control: ControlClient, sink: WebhookSink, open_window: str) -> None:
    control.set_behaviour(statuses=[])
    message_id = sender.text("hi").json()["messages"][0]["id"]
    control.tell_status(message_id, "teleported", timestamp=1_791_500_004)
    control.tell_status(message_id, "failed", code=131050)
    sink.wait_for(2)
    told = {status["status"]: status for status in sink.statuses()}
    assert told["teleported"]["timestamp"] == "1791500004"
    assert told["failed"]["errors"][0]["code"] == 131050


def test_prices_before_and_from_october_2026(
    sender: Sender, control: ControlClient, sink: WebhookSink, open_window: str
) -> None:
    control.set_behaviour(statuses=["sent"])
    prices = []
    for now in (1_790_700_000, 1_791_000_000):  # the end of September, the beginning of October
        control.set_clock(now, frozen=True)
        control.set_window(open_window)
        for body in ({"type": "text", "text": {"body": "hi"}}, HELLO, OFFER):
            sink.clear()
            sender.send(**body)
            sink.wait_for(1)
            pricing = sink.statuses()[0]["pricing"]
            assert pricing["billable"] is (pricing["type"] == "regular")
            prices.append((pricing["category"], pricing["type"]))
    free, paid = "free_customer_service", "regular"
    assert prices == [
        ("service", free),
        ("utility", free),
        ("marketing", paid),
        ("service", free),
        ("utility", paid),
        ("marketing", paid),
    ]
