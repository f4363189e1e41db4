"""What the API refuses, with which code and HTTP status."""

from typing import Any

import pytest

from tests.simulators.graph_api.control import ControlClient
from tests.simulators.graph_api.demo import DEMO_NUMBER_ID, DEMO_TOKEN, SECOND_NUMBER_ID
from tests.unit.simulators.conftest import Sender

MESSAGES = f"v26.0/{DEMO_NUMBER_ID}/messages"
BUTTON = {"type": "reply", "reply": {"id": "a", "title": "A"}}


def buttons(*titles: str, **extra: Any) -> dict[str, Any]:
    taps = [{"type": "reply", "reply": {"id": f"id-{n}", "title": t}} for n, t in enumerate(titles)]
    return {"type": "button", "body": {"text": "Choose"}, "action": {"buttons": taps}} | extra


def listing(sections: list[dict[str, Any]], **extra: Any) -> dict[str, Any]:
    action = {"button": "Open", "sections": sections}
    return {"type": "list", "body": {"text": "Choose"}, "action": action} | extra


def rows(count: int, start: int = 0) -> list[dict[str, str]]:
    return [{"id": f"row-{n}", "title": f"Row {n}"} for n in range(start, start + count)]


REFUSED: dict[str, tuple[int, dict[str, Any]]] = {
    "no product": (100, {"messaging_product": None, "text": {"body": "x"}}),
    "unknown product": (100, {"messaging_product": "telegram", "text": {"body": "x"}}),
    "unknown type": (100, {"type": "telegram", "text": {"body": "x"}}),
    "unknown top-level key": (100, {"type": "text", "text": {"body": "x"}, "callback": "x"}),
    "unknown key in the body": (100, {"type": "text", "text": {"body": "x", "bold": True}}),
    "no body for the type": (131008, {"type": "text"}),
    "empty object": (131008, {"type": "text", "text": {}}),
    "text too long": (100, {"type": "text", "text": {"body": "x" * 4097}}),
    "text empty": (100, {"type": "text", "text": {"body": ""}}),
    "text is a number": (100, {"type": "text", "text": {"body": 7}}),
    "two bodies": (100, {"type": "text", "text": {"body": "x"}, "image": {"id": "1"}}),
    "callback data too long": (
        100,
        {"type": "text", "text": {"body": "x"}, "biz_opaque_callback_data": "x" * 513},
    ),
    "recipient is a word": (100, {"to": "Sheena", "type": "text", "text": {"body": "x"}}),
    "user id in to": (131026, {"to": "US.1234567890", "type": "text", "text": {"body": "x"}}),
    "to oneself": (131021, {"to": "15550783881", "type": "text", "text": {"body": "x"}}),
    "no recipient": (131008, {"to": None, "type": "text", "text": {"body": "x"}}),
    "recipient is no user id": (100, {"to": None, "recipient": "16505551234", "text": {"body": "x"}}),
    "media by id and link": (100, {"type": "image", "image": {"id": "1", "link": "https://a.example/b.png"}}),
    "media by nothing": (100, {"type": "image", "image": {"caption": "x"}}),
    "media by unknown id": (131009, {"type": "image", "image": {"id": "1"}}),
    "media link is a path": (100, {"type": "image", "image": {"link": "/b.png"}}),
    "caption on audio": (100, {"type": "audio", "audio": {"link": "https://a.example/b", "caption": "x"}}),
    "caption too long": (100, {"type": "image", "image": {"link": "https://a.example/b", "caption": "x" * 1025}}),
    "latitude out of range": (100, {"type": "location", "location": {"latitude": 91, "longitude": 0}}),
    "contact with one name": (100, {"type": "contacts", "contacts": [{"name": {"formatted_name": "X"}}]}),
    "no contacts": (100, {"type": "contacts", "contacts": []}),
    "four buttons": (131009, {"type": "interactive", "interactive": buttons("A", "B", "C", "D")}),
    "same titles": (131009, {"type": "interactive", "interactive": buttons("A", "A")}),
    "button title too long": (131009, {"type": "interactive", "interactive": buttons("x" * 21)}),
    "button body too long": (
        131009,
        {"type": "interactive", "interactive": buttons("A", body={"text": "x" * 1025})},
    ),
    "footer too long": (
        131009,
        {"type": "interactive", "interactive": buttons("A", footer={"text": "x" * 61})},
    ),
    "header without its text": (
        131009,
        {"type": "interactive", "interactive": buttons("A", header={"type": "text"})},
    ),
    "interactive without body": (
        131008,
        {"type": "interactive", "interactive": {"type": "button", "action": {"buttons": [BUTTON]}}},
    ),
    "unknown interactive": (100, {"type": "interactive", "interactive": {"type": "poll"}}),
    "eleven rows in one section": (131009, {"type": "interactive", "interactive": listing([{"rows": rows(11)}])}),
    "eleven rows in all": (
        131009,
        {
            "type": "interactive",
            "interactive": listing([{"title": "A", "rows": rows(6)}, {"title": "B", "rows": rows(5, 6)}]),
        },
    ),
    "same row ids": (131009, {"type": "interactive", "interactive": listing([{"rows": rows(1) + rows(1)}])}),
    "sections without titles": (
        131009,
        {"type": "interactive", "interactive": listing([{"rows": rows(1)}, {"rows": rows(1, 1)}])},
    ),
    "image header on a list": (
        131009,
        {"type": "interactive", "interactive": listing([{"rows": rows(1)}], header={"type": "image", "text": "x"})},
    ),
    "unknown template": (132001, {"type": "template", "template": {"name": "nope", "language": {"code": "en_US"}}}),
    "unknown language": (
        132001,
        {"type": "template", "template": {"name": "hello_world", "language": {"code": "fr"}}},
    ),
    "template without language": (131008, {"type": "template", "template": {"name": "hello_world"}}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_bodies(sender: Sender, control: ControlClient, case: str) -> None:
    code, changes = REFUSED[case]
    body = {"messaging_product": "whatsapp", "to": "+16505551234"} | changes
    answer = sender.call("POST", MESSAGES, json={k: v for k, v in body.items() if v is not None})
    error = answer.json()["error"]
    assert error["code"] == code, error
    assert answer.status_code == (404 if code == 132001 else 400)
    assert error["fbtrace_id"].startswith("A")
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert control.progress().accepted == 0


def test_limits_are_inclusive(sender: Sender) -> None:
    many = [{"title": "x" * 24, "rows": rows(5)}, {"title": "B", "rows": rows(5, 5)}]
    accepted: list[dict[str, Any]] = [
        {"type": "text", "text": {"body": "x" * 4096}},
        {"type": "interactive", "interactive": buttons("x" * 20, "B", "C", body={"text": "x" * 1024})},
        {"type": "interactive", "interactive": listing(many, body={"text": "x" * 4096})},
        {"type": "text", "text": {"body": "x"}, "biz_opaque_callback_data": "x" * 512},
    ]
    assert [sender.send(**body).status_code for body in accepted] == [200] * 4


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        ("", 403, 200),
        ("Basic abc", 403, 200),
        ("Bearer ", 403, 200),
        ("Bearer unknown", 401, 190),
        ("Bearer demo-token-two", 403, 200),
    ],
)
def test_tokens(sender: Sender, authorization: str, status: int, code: int) -> None:
    answer = sender.call("POST", MESSAGES, json={}, headers={"Authorization": authorization})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(("state", "subcode"), [("expired", 463), ("revoked", 467)])
def test_dead_tokens(sender: Sender, control: ControlClient, state: str, subcode: int) -> None:
    control.set_token(DEMO_TOKEN, state)
    error = sender.text("hi").json()["error"]
    assert (error["code"], error["error_subcode"]) == (190, subcode)
    control.set_token(DEMO_TOKEN)
    assert sender.text("hi").status_code == 200


def test_lost_permission(sender: Sender, control: ControlClient) -> None:
    control.set_token(DEMO_TOKEN, permissions=["whatsapp_business_management"])
    answer = sender.text("hi")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, 10)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "v26.0/999/messages", 100),
        ("POST", f"v26.0/{DEMO_NUMBER_ID}/telegrams", 2500),
        ("GET", MESSAGES, 100),
        ("PUT", MESSAGES, 100),
        ("POST", f"v99.0/{DEMO_NUMBER_ID}/messages", 2500),
        ("POST", f"v26/{DEMO_NUMBER_ID}/messages", 100),
        ("GET", "", 2500),
        ("POST", f"v26.0/{SECOND_NUMBER_ID}/messages", 200),
    ],
)
def test_paths(sender: Sender, method: str, path: str, code: int) -> None:
    assert sender.call(method, path).json()["error"]["code"] == code


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_body_must_say_that_it_is_json(sender: Sender, content_type: str) -> None:
    body = b'{"messaging_product":"whatsapp","to":"+16505551234","text":{"body":"x"}}'
    refused = sender.call("POST", MESSAGES, data=body, headers={"Content-Type": content_type})
    assert refused.json()["error"]["code"] == 100
    good = {"Content-Type": "application/json; charset=utf-8"}
    assert sender.call("POST", MESSAGES, data=body, headers=good).status_code == 200


def test_body_must_be_json(sender: Sender) -> None:
    refused = sender.call("POST", MESSAGES, data=b'{"messaging_', headers={"Content-Type": "application/json"})
    assert "messaging_product" in refused.json()["error"]["message"]


def test_number_that_is_not_connected(sender: Sender, control: ControlClient) -> None:
    control.change_phone_number(DEMO_NUMBER_ID, status="DISCONNECTED")
    assert sender.text("hi").json()["error"]["code"] == 133010
