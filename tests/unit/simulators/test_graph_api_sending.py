"""What a business can send, what it gets back, and what the simulator counts."""

import re

import pytest

from tests.simulators.graph_api.control import ControlClient
from tests.simulators.graph_api.demo import DEMO_NUMBER_ID, DEMO_WABA_ID, SECOND_NUMBER_ID, SECOND_WABA_ID
from tests.unit.simulators.conftest import Sender
from tests.unit.simulators.webhook_sink import WebhookSink

pytestmark = pytest.mark.usefixtures("open_window")


def test_answer_has_the_documented_shape(sender: Sender) -> None:
    answer = sender.text("hi", to="+1 (650) 555-1234")
    body = answer.json()
    assert answer.status_code == 200
    assert body["messaging_product"] == "whatsapp"
    assert body["contacts"] == [{"input": "+1 (650) 555-1234", "wa_id": "16505551234"}]
    assert re.fullmatch(r"wamid\.[A-Za-z0-9+/=]{40,}", body["messages"][0]["id"])
    assert answer.headers["facebook-api-version"] == "v26.0"
    assert answer.headers["Content-Type"] == "application/json; charset=UTF-8"


def test_user_id_as_recipient_answers_without_a_phone(sender: Sender, control: ControlClient) -> None:
    user_id = control.user_id("16505551234", DEMO_WABA_ID)
    body = {"messaging_product": "whatsapp", "recipient": user_id, "type": "text", "text": {"body": "hi"}}
    answer = sender.call("POST", f"v26.0/{DEMO_NUMBER_ID}/messages", json=body).json()
    assert answer["contacts"] == [{"input": user_id, "user_id": user_id}]


def test_user_id_of_another_account_is_nobody(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    body = {"messaging_product": "whatsapp", "type": "text", "text": {"body": "hi"}}
    stranger = {"recipient": control.user_id("16505551234", SECOND_WABA_ID)}
    assert sender.call("POST", f"v26.0/{DEMO_NUMBER_ID}/messages", json=body | stranger).status_code == 200
    sink.wait_for(1)
    assert sink.statuses()[0]["errors"][0]["code"] == 131026


def test_user_id_of_an_old_number_is_nobody(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    former = {"recipient": control.user_id("16505551234", DEMO_WABA_ID)}
    body = {"messaging_product": "whatsapp", "type": "text", "text": {"body": "hi"}}
    sender.call("POST", f"v26.0/{DEMO_NUMBER_ID}/messages", json=body | former)
    sink.wait_for(3)
    control.change_customer_number("16505551234", "16505550001")
    sender.call("POST", f"v26.0/{DEMO_NUMBER_ID}/messages", json=body | former)
    control.wait_until_idle()
    assert sink.statuses()[-1]["errors"][0]["code"] == 131026


def test_to_wins_over_recipient(sender: Sender) -> None:
    answer = sender.text("hi", recipient="US.1234567890").json()
    assert answer["contacts"][0]["wa_id"] == "16505551234"


def test_country_code_is_put_before_a_number_without_plus_when_asked_for(
    sender: Sender, control: ControlClient
) -> None:
    control.set_options(prepend_country_code=True)
    assert sender.text("hi", to="4917612345678").json()["contacts"][0]["wa_id"] == "14917612345678"
    assert sender.text("hi", to="+4917612345678").json()["contacts"][0]["wa_id"] == "4917612345678"


def test_counts_tell_a_double_send(sender: Sender, control: ControlClient) -> None:
    for data in ("one", "two", "two"):
        sender.text(f"text {data}", biz_opaque_callback_data=data)
    counts = control.counts()
    assert counts.by_callback_data == {"one": 1, "two": 2}
    assert counts.sent_twice == {"two": 2}
    assert counts.by_content["16505551234", "text two"] == 2
    assert [message.text for message in control.accepted(biz_opaque_callback_data="one")] == ["text one"]


def test_every_call_is_recorded(sender: Sender, control: ControlClient) -> None:
    sender.text("good")
    sender.text("x" * 4097)
    good, bad = control.calls(path="/messages")
    assert (good.status, good.outcome, good.error_code) == (200, "answered", None)
    assert good.message_id == control.accepted()[0].id
    assert (bad.status, bad.error_code, bad.message_id) == (400, 100, None)
    assert bad.body["text"]["body"].startswith("xxx")
    control.forget()
    assert control.calls() == []


def test_records_of_two_businesses_can_be_told_apart(sender: Sender, control: ControlClient) -> None:
    second = Sender(sender.base_url, "demo-token-two", sender.session)
    sender.text("from the first")
    second.send(number=SECOND_NUMBER_ID, type="text", text={"body": "from the second"})
    assert [m.text for m in control.accepted(phone_number_id=SECOND_NUMBER_ID)] == ["from the second"]


def test_reading_a_message_needs_its_id(sender: Sender, control: ControlClient) -> None:
    message_id = control.write("16505551234", "hello")
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
    url = f"v26.0/{DEMO_NUMBER_ID}/messages"
    answer = sender.call("POST", url, json={**mark, "typing_indicator": {"type": "text"}})
    assert answer.json() == {"success": True}
    assert control.read_marks() == [{"message_id": message_id, "phone_number_id": DEMO_NUMBER_ID, "typing": True}]
    control.advance_clock(31 * 24 * 3600)
    assert sender.call("POST", url, json=mark).json()["error"]["code"] == 131009
    wrong = sender.call("POST", url, json={**mark, "message_id": "wamid.unknown"})
    assert wrong.json()["error"]["code"] == 131009


def test_reaction_needs_a_known_target(sender: Sender, control: ControlClient) -> None:
    message_id = control.write("16505551234", "hello")
    assert sender.send(type="reaction", reaction={"message_id": message_id, "emoji": "👍"}).status_code == 200
    assert sender.send(type="reaction", reaction={"message_id": message_id, "emoji": ""}).status_code == 200
    refused = sender.send(type="reaction", reaction={"message_id": "wamid.unknown", "emoji": "👍"})
    assert refused.json()["error"]["code"] == 131009


@pytest.mark.parametrize(
    ("version", "served"), [("v21.0/", "v21.0"), ("v26.0/", "v26.0"), ("v16.0/", "v21.0"), ("", "v26.0")]
)
def test_versions_that_are_served(sender: Sender, version: str, served: str) -> None:
    answer = sender.call("GET", f"{version}{DEMO_NUMBER_ID}")
    assert (answer.status_code, answer.headers["facebook-api-version"]) == (200, served)
