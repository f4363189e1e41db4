"""Numbers, subscriptions, templates and media of a business."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.simulators.graph_api.control import ControlClient
from tests.simulators.graph_api.demo import DEMO_NUMBER_ID, DEMO_WABA_ID, OTHER_DEMO_NUMBER_ID
from tests.unit.simulators.conftest import Sender
from tests.unit.simulators.webhook_sink import WebhookSink

NUMBER = f"v26.0/{DEMO_NUMBER_ID}"
APPS = f"v26.0/{DEMO_WABA_ID}/subscribed_apps"
TEMPLATES = f"v26.0/{DEMO_WABA_ID}/message_templates"
BODY = {"type": "BODY", "text": "Hi {{1}}, welcome.", "example": {"body_text": [["Ada"]]}}


def template(name: str = "welcome", **changes: Any) -> dict[str, Any]:
    return {"name": name, "language": "en_US", "category": "UTILITY", "components": [BODY]} | changes


def fill(name: str, *values: str, **more: Any) -> dict[str, Any]:
    parameters = [{"type": "text", "text": value} for value in values]
    filled = {"name": name, "language": {"code": "en_US"}, "components": [{"type": "body", "parameters": parameters}]}
    return {"type": "template", "template": filled | more}


def test_number(sender: Sender) -> None:
    assert sender.call("GET", NUMBER).json() == {
        "verified_name": "Demo Company",
        "display_phone_number": "+1 555-078-3881",
        "quality_rating": "GREEN",
        "id": DEMO_NUMBER_ID,
    }
    fields = {"fields": "status,throughput"}
    assert sender.call("GET", NUMBER, params=fields).json() == {
        "status": "CONNECTED",
        "throughput": {"level": "STANDARD"},
        "id": DEMO_NUMBER_ID,
    }
    assert sender.call("GET", NUMBER, params={"fields": "colour"}).json()["error"]["code"] == 100


def test_numbers_of_an_account(sender: Sender) -> None:
    listed = sender.call("GET", f"v26.0/{DEMO_WABA_ID}/phone_numbers").json()["data"]
    assert [number["id"] for number in listed] == [DEMO_NUMBER_ID, OTHER_DEMO_NUMBER_ID]


def test_override_of_the_account_and_of_the_number(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    account, number = sink.url.replace("hook", "account"), sink.url.replace("hook", "number")
    token = {"verify_token": "test_verify_token"}
    answer = sender.call("POST", APPS, json={"override_callback_uri": account, **token})
    assert answer.json()["data"][0]["override_callback_uri"] == account
    configuration = {"webhook_configuration": {"override_callback_uri": number, **token}}
    assert sender.call("POST", NUMBER, json=configuration).json() == {"success": True}
    shown = sender.call("GET", NUMBER, params={"fields": "webhook_configuration"}).json()
    assert shown["webhook_configuration"] == {
        "phone_number": number,
        "whatsapp_business_account": account,
        "application": sink.url,
    }
    control.write("16505551234", "to the number")
    sender.call("POST", NUMBER, json={"webhook_configuration": {"override_callback_uri": ""}})
    control.write("16505551234", "to the account")
    sender.call("POST", APPS)
    control.write("16505551234", "to the app")
    control.wait_until_idle()
    paths = {posted.path for posted in sink.posted}
    assert paths == {"/number", "/account", "/hook"}


def test_override_must_pass_the_handshake(sender: Sender, sink: WebhookSink) -> None:
    body = {"override_callback_uri": sink.url, "verify_token": "wrong"}
    assert sender.call("POST", APPS, json=body).json()["error"]["code"] == 2200
    long = {"override_callback_uri": "https://a.example/" + "x" * 200, "verify_token": "x"}
    assert sender.call("POST", APPS, json=long).json()["error"]["code"] == 100


def test_subscription(sender: Sender) -> None:
    assert len(sender.call("GET", APPS).json()["data"]) == 1
    assert sender.call("DELETE", APPS).json() == {"success": True}
    assert sender.call("GET", APPS).json() == {"data": []}
    assert sender.call("POST", APPS).json() == {"success": True}


def test_registration(sender: Sender) -> None:
    assert sender.call("POST", f"{NUMBER}/deregister").json() == {"success": True}
    assert sender.text("x").json()["error"]["code"] == 133010
    register = {"messaging_product": "whatsapp", "pin": "123456"}
    assert sender.call("POST", f"{NUMBER}/register", json=register).json() == {"success": True}
    wrong = sender.call("POST", f"{NUMBER}/register", json={**register, "pin": "654321"})
    assert wrong.json()["error"]["code"] == 133005
    assert sender.text("x").status_code == 200


def test_template_life(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    control.set_options(template_review="PENDING")
    created = sender.call("POST", TEMPLATES, json=template()).json()
    assert (created["status"], created["category"]) == ("PENDING", "UTILITY")
    assert sender.send(**fill("welcome", "Ada")).json()["error"]["code"] == 132001
    control.review_template(created["id"], "APPROVED")
    change = sink.wait_for(1)[0].payload["entry"][0]
    assert isinstance(change["time"], int)
    assert change["changes"][0]["field"] == "message_template_status_update"
    assert change["changes"][0]["value"]["message_template_id"] == int(created["id"])
    assert sender.send(**fill("welcome", "Ada")).status_code == 200
    control.review_template(created["id"], "PAUSED")
    assert sender.send(**fill("welcome", "Ada")).json()["error"]["code"] == 132015
    assert sender.call("POST", TEMPLATES, json=template()).json()["error"]["error_subcode"] == 2388024
    assert sender.call("DELETE", TEMPLATES, params={"name": "welcome"}).json() == {"success": True}
    assert sender.send(**fill("welcome", "Ada")).json()["error"]["code"] == 132001


def test_pages_of_templates(sender: Sender) -> None:
    for number in range(4):
        sender.call("POST", TEMPLATES, json=template(f"page_{number}"))
    names: list[str] = []
    after = None
    while True:
        page = sender.call("GET", TEMPLATES, params={"limit": 3, "fields": "name", "after": after}).json()
        names += [entry["name"] for entry in page["data"]]
        after = page["paging"]["cursors"]["after"]
        if "next" not in page["paging"]:
            break
    assert names[-4:] == ["page_0", "page_1", "page_2", "page_3"]
    only = sender.call("GET", TEMPLATES, params={"name": "page_1"}).json()["data"]
    assert [entry["name"] for entry in only] == ["page_1"]


def test_the_address_of_the_next_page_asks_the_same(sender: Sender) -> None:
    asked = {"limit": 1, "fields": "name", "category": "UTILITY"}
    page = sender.call("GET", TEMPLATES, params=asked).json()
    following = parse_qs(urlsplit(page["paging"]["next"]).query)
    cursor = page["paging"]["cursors"]["after"]
    assert following == {"limit": ["1"], "fields": ["name"], "category": ["UTILITY"], "after": [cursor]}


@pytest.mark.parametrize(
    "asked", [{"fields": "name,price"}, {"limit": "0"}, {"limit": "many"}, {"after": "x"}], ids=str
)
def test_odd_questions_about_templates_are_refused(sender: Sender, asked: dict[str, str]) -> None:
    refused = sender.call("GET", TEMPLATES, params=asked)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 100)


@pytest.mark.parametrize(
    ("values", "code"),
    [((), 132000), (("a", "b"), 132000), (("a\nb",), 132018), (("a     b",), 132018), (("",), 131008)],
)
def test_parameters_must_fit_the_template(sender: Sender, values: tuple[str, ...], code: int) -> None:
    sender.call("POST", TEMPLATES, json=template())
    assert sender.send(**fill("welcome", *values)).json()["error"]["code"] == code


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Has Spaces"},
        {"category": "SERVICE"},
        {"components": []},
        {"components": [{"type": "BODY", "text": "x" * 1025}]},
        {"components": [{"type": "BODY", "text": "{{1}} at the start", "example": {}}]},
        {"components": [{"type": "BODY", "text": "Gap {{2}} here", "example": {"body_text": [["x"]]}}]},
        {"components": [{"type": "BODY", "text": "No {{1}} example"}]},
        {"components": [{"type": "HEADER", "format": "TEXT", "text": "No body"}]},
    ],
)
def test_malformed_templates(sender: Sender, changes: dict[str, Any]) -> None:
    assert sender.call("POST", TEMPLATES, json=template() | changes).json()["error"]["code"] == 100


def test_header_and_buttons_of_a_template(sender: Sender) -> None:
    url = {"type": "URL", "text": "Open", "url": "https://a.example/{{1}}", "example": ["https://a.example/x"]}
    components = [{"type": "HEADER", "format": "IMAGE"}, BODY, {"type": "BUTTONS", "buttons": [url]}]
    sender.call("POST", TEMPLATES, json=template("rich", components=components))
    header = {"type": "header", "parameters": [{"type": "image", "image": {"link": "https://a.example/b.png"}}]}
    body = {"type": "body", "parameters": [{"type": "text", "text": "Ada"}]}
    button = {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "x"}]}
    codes = [
        sender.send(**fill("rich", components=chosen)).json().get("error", {}).get("code")
        for chosen in ([header, body, button], [body, button], [header, body], [header, body, {**button, "index": 1}])
    ]
    assert codes == [None, 132012, 131008, 131008]


def test_media_life(sender: Sender, control: ControlClient) -> None:
    def upload(mime_type: str = "image/png", content: bytes = b"picture") -> dict[str, Any]:
        form = {"messaging_product": "whatsapp", "type": mime_type}
        files = {"file": ("a.png", content, mime_type)}
        return dict(sender.call("POST", f"{NUMBER}/media", data=form, files=files).json())

    media_id = upload()["id"]
    found = sender.call("GET", f"v26.0/{media_id}").json()
    assert (found["mime_type"], found["file_size"], found["id"]) == ("image/png", "7", media_id)
    path = found["url"].removeprefix(f"{sender.base_url}/")
    assert sender.call("GET", path).content == b"picture"
    assert sender.call("GET", path, headers={"Authorization": ""}).status_code == 403
    assert sender.call("GET", path, headers={"Authorization": "Bearer demo-token-two"}).status_code == 404
    control.advance_clock(5 * 60)
    assert sender.call("GET", path).status_code == 404
    assert sender.send(type="image", image={"id": media_id}).status_code == 200
    assert sender.call("DELETE", f"v26.0/{media_id}").json() == {"success": True}
    assert sender.send(type="image", image={"id": media_id}).json()["error"]["code"] == 131009
    assert "error" in upload("application/zip")
    assert "error" in upload("image/png", b"x" * (5 * 1024 * 1024 + 1))


def test_file_of_the_wrong_kind_fails_later(sender: Sender, sink: WebhookSink, open_window: str) -> None:
    form = {"messaging_product": "whatsapp", "type": "application/pdf"}
    files = {"file": ("a.pdf", b"%PDF", "application/pdf")}
    media_id = sender.call("POST", f"{NUMBER}/media", data=form, files=files).json()["id"]
    assert sender.send(type="image", image={"id": media_id}).status_code == 200
    sink.wait_for(1)
    assert sink.statuses()[0]["errors"][0]["code"] == 131053
