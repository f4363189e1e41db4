"""Delivery of webhooks: signature, retries, batches, raw bodies, the handshake; what customers write."""

import base64
import hashlib
import hmac
import json
import time
from pathlib import Path

import pytest

from tests.simulators.graph_api.control import ControlClient
from tests.simulators.graph_api.demo import DEMO_NUMBER_ID, DEMO_WABA_ID, SECOND_NUMBER_ID, SECOND_WABA_ID
from tests.simulators.graph_api.records import WebhookAttempt
from tests.simulators.graph_api.webhooks.signature import render, sign
from tests.unit.simulators.conftest import Sender
from tests.unit.simulators.webhook_sink import Posted, WebhookSink


def is_signed(posted: Posted, secret: str = "test_app_secret") -> bool:
    digest = hmac.new(secret.encode(), posted.body, hashlib.sha256).hexdigest()
    return posted.headers.get("X-Hub-Signature-256") == f"sha256={digest}"


def first_attempt(control: ControlClient, timeout: float = 5.0) -> WebhookAttempt:
    deadline = time.monotonic() + timeout
    while not (attempts := control.attempts()):
        assert time.monotonic() < deadline, "no attempt was made"
        time.sleep(0.01)
    return attempts[0]


@pytest.mark.parametrize(
    ("secret", "body", "digest"),
    [
        (
            "test_app_secret",
            b'{"object":"whatsapp_business_account","entry":[]}',
            "dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756",
        ),
        (
            "test_app_secret",
            b'{"object": "whatsapp_business_account", "entry": []}',
            "56cbbaf4961c6cfdae48b7f116c047e5eb513d2c931baae63a2bc1afd26f803a",
        ),
        (
            "otro_secreto",
            b'{"object":"whatsapp_business_account","entry":[]}',
            "769b03d8c2ae6498f2d1e1f7299c0ba55448c69d741e7b0bb243d852d8a8d8c7",
        ),
    ],
)
def test_signature_vectors(secret: str, body: bytes, digest: str) -> None:
    assert sign(secret, body) == f"sha256={digest}"


def test_escaped_rendering_vector(whatsapp_fixtures: Path) -> None:
    payload = json.loads((whatsapp_fixtures / "synthetic__msg_text_unicode_escaped.json").read_text())
    expected = "49289f080a768a0c9d48590738302d1b3bbd59cb46237958538b6e05be0033dd"
    assert sign("test_app_secret", render(payload)) == f"sha256={expected}"


def test_customer_writes(control: ControlClient, sink: WebhookSink) -> None:
    control.create_customer("16505551234", name="Zoë", username="zoe")
    message_id = control.write("+16505551234", "äöå 1/2")
    posted = sink.wait_for(1)[0]
    assert is_signed(posted)
    assert rb"\u00e4\u00f6\u00e5 1\/2" in posted.body
    assert posted.headers["Content-Type"] == "application/json"
    value, message = sink.values()[0], sink.messages()[0]
    user_id = control.user_id("zoe", DEMO_WABA_ID)
    assert value["contacts"] == [
        {"profile": {"name": "Zoë", "username": "zoe"}, "wa_id": "16505551234", "user_id": user_id}
    ]
    assert message["id"] == message_id
    assert (message["from"], message["from_user_id"]) == ("16505551234", user_id)
    assert message["text"] == {"body": "äöå 1/2"}


def test_user_ids_differ_between_businesses(control: ControlClient) -> None:
    first, second = (control.user_id("16505551234", waba) for waba in (DEMO_WABA_ID, SECOND_WABA_ID))
    assert first != second
    assert first.startswith("US.")


def test_hidden_phone(control: ControlClient, sink: WebhookSink) -> None:
    control.create_customer("16505559999", name="Ada", username="ada", phone_hidden=True)
    control.write("ada", "hello")
    sink.wait_for(1)
    assert "from" not in sink.messages()[0]
    assert "wa_id" not in sink.values()[0]["contacts"][0]


def test_other_types_and_replies(control: ControlClient, sink: WebhookSink) -> None:
    location = {"type": "location", "location": {"latitude": 37.44, "longitude": -122.16}}
    control.write_many("16505551234", [location, {"type": "text", "text": "hi", "context": {"forwarded": True}}])
    control.tap("16505551234", "yes", "Yes", in_reply_to="wamid.x")
    sink.wait_for(2)
    first, second, tapped = sink.messages()
    assert first["location"]["latitude"] == 37.44
    assert (second["text"], second["context"]) == ({"body": "hi"}, {"forwarded": True})
    assert tapped["interactive"] == {"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}}
    assert tapped["context"] == {"id": "wamid.x"}


def test_same_bytes_are_retried_until_200(control: ControlClient, sink: WebhookSink) -> None:
    sink.answers[:] = [500, 403, 503]
    control.write("16505551234", "hello")
    bodies = {posted.body for posted in sink.wait_for(4)}
    control.wait_until_idle()
    assert len(bodies) == 1
    attempts = control.attempts(containing="hello")
    assert [(a.attempt, a.status) for a in attempts] == [(1, 500), (2, 403), (3, 503), (4, 200)]


def test_retry_waits_longer_each_time_and_can_be_hurried(control: ControlClient, sink: WebhookSink) -> None:
    control.set_webhooks(first_retry_seconds=3600, longest_retry_seconds=36_000)
    sink.answers[:] = [500]
    control.write("16505551234", "hello")
    sink.wait_for(1)
    assert control.progress().pending_webhooks == 1
    assert control.retry_webhooks() == 1
    control.wait_until_idle()
    assert [a.status for a in control.attempts()] == [500, 200]


def test_subscriber_that_is_away(control: ControlClient, sink: WebhookSink) -> None:
    control.set_options(webhook_url="http://127.0.0.1:9/hook")
    try:
        control.write("16505551234", "hello")
        attempt = first_attempt(control)
        assert attempt.status is None
        assert "Connection" in str(attempt.error)
    finally:
        control.set_options(webhook_url=sink.url)


def test_acknowledged_webhook_may_come_again(control: ControlClient, sink: WebhookSink) -> None:
    control.write("16505551234", "hello", copies=2)
    assert len({posted.body for posted in sink.wait_for(2)}) == 1


def test_batch_of_two_tenants(control: ControlClient, sink: WebhookSink) -> None:
    ids = control.write_batch(
        [
            {"customer": "16505551234", "phone_number_id": DEMO_NUMBER_ID, "type": "text", "text": "one"},
            {"customer": "16505554321", "phone_number_id": SECOND_NUMBER_ID, "type": "text", "text": "two"},
        ]
    )
    sink.wait_for(1)
    entries = sink.posted[0].payload["entry"]
    assert [entry["id"] for entry in entries] == [DEMO_WABA_ID, SECOND_WABA_ID]
    assert [message["id"] for message in sink.messages()] == ids


def test_backlog_is_batched_when_asked_for(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    control.set_webhooks(batch_most=1000, batch_seconds=0.2)
    control.set_behaviour(statuses=["sent"])
    for number in range(10):
        sender.text(f"text {number}")
    control.wait_until_idle()
    assert len(sink.statuses()) == 10
    assert len(sink.posted) < 10


def test_raw_bodies_and_signatures(control: ControlClient, sink: WebhookSink) -> None:
    control.send_raw({"object": "whatsapp_business_account", "entry": []})
    control.send_raw(b"not json at all", signature="right")
    control.send_raw({"entry": []}, signature="wrong")
    control.send_raw({"entry": []}, signature="missing")
    posted = sink.wait_for(4)
    assert sorted(is_signed(one) for one in posted) == [False, False, True, True]
    assert b"not json at all" in [one.body for one in posted]
    assert sum("X-Hub-Signature-256" not in one.headers for one in posted) == 1


def test_handshake(control: ControlClient, sink: WebhookSink) -> None:
    good = {"status": 200, "body": "1158201444", "verified": True}
    assert control.verify_callback() == good
    assert control.verify_callback(verify_token="wrong")["status"] == 403


def test_media_of_a_customer(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    content = {"content_base64": base64.b64encode(b"photo").decode(), "mime_type": "image/jpeg", "caption": "me"}
    control.write("16505551234", {"type": "image", "image": content})
    sink.wait_for(1)
    image = sink.messages()[0]["image"]
    assert (image["mime_type"], image["caption"]) == ("image/jpeg", "me")
    assert image["sha256"] == base64.b64encode(hashlib.sha256(b"photo").digest()).decode()
    assert sender.call("GET", image["url"].partition("/")[2].partition("/")[2].partition("/")[2]).content == b"photo"
    control.advance_clock(7 * 24 * 3600)
    assert sender.call("GET", f"v26.0/{image['id']}").json()["error"]["error_subcode"] == 33


def test_change_of_number_rotates_the_user_id(control: ControlClient, sink: WebhookSink) -> None:
    control.create_customer("16505551234", name="Sheena")
    before = control.user_id("16505551234", DEMO_WABA_ID)
    control.write("16505551234", "hello")
    control.change_customer_number("16505551234", "16505550001")
    sink.wait_for(2)
    system = next(message for message in sink.messages() if message["type"] == "system")
    after = control.user_id("16505550001", DEMO_WABA_ID)
    assert before != after
    assert system["from"] == "16505551234"
    assert system["system"]["type"] == "user_changed_number"
    assert system["system"]["wa_id"] == "16505550001"
    assert (system["system"]["previous_user_id"], system["system"]["user_id"]) == (before, after)


def test_app_without_subscription_hears_nothing(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    sender.call("DELETE", f"v26.0/{DEMO_WABA_ID}/subscribed_apps")
    control.write("16505551234", "hello")
    assert control.wait_until_idle().undeliverable_webhooks == 1
    assert sink.posted == []
