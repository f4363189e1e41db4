"""Published examples of requests are accepted once their placeholders are filled in."""

import json
from pathlib import Path
from typing import Any

from tests.simulators.graph_api.catalogue import CATALOGUE
from tests.simulators.graph_api.control import ControlClient
from tests.simulators.graph_api.demo import DEMO_NUMBER_ID, DEMO_WABA_ID
from tests.unit.simulators.conftest import Sender

PREFIX = "post__phone_number_id_messages__request__"

UNSUPPORTED = {
    "send_sample_issue_resolution_template",  # quick replies with booleans in place of payloads
    "send_reply_to_list_message",  # an interactive body without its type
}

MIME_TYPES = {
    "audio": "audio/ogg",
    "document": "application/pdf",
    "image": "image/png",
    "sticker": "image/webp",
    "video": "video/mp4",
}
VARIABLES = "Filled with {{1}}, {{2}} and {{3}} in it."


def filled(value: Any, key: str = "") -> Any:
    """Return an example with a usable value for each placeholder."""
    if isinstance(value, dict):
        return {name: filled(child, name) for name, child in value.items()}
    if isinstance(value, list):
        return [filled(child, key) for child in value]
    if key == "to":
        return "+16505551234"
    if key == "link":
        return "https://files.example/a"
    if value == "<HEADER_TYPE>":
        return "text"
    return value


def prepared_template(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a template that the example's components fit."""
    components: list[dict[str, Any]] = []
    buttons: list[dict[str, Any]] = []
    texts = 0
    for component in body.get("components", []):
        if component["type"] == "header":
            components.append({"type": "HEADER", "format": component["parameters"][0]["type"].upper()})
        elif component["type"] == "body":
            texts = len(component["parameters"])
        else:
            buttons.append({"type": component["sub_type"].upper(), "text": "Tap"})
    text = VARIABLES if texts else "No variables."
    example = {"body_text": [["x"] * texts]}
    components.append({"type": "BODY", "text": text, "example": example})
    if buttons:
        components.append({"type": "BUTTONS", "buttons": buttons})
    return {"name": name, "language": body["language"]["code"], "category": "UTILITY", "components": components}


def prepare(body: dict[str, Any], name: str, sender: Sender, control: ControlClient) -> None:
    """Make what the example refers to."""
    kind = body.get("type", "text")
    if kind == "template":
        template = body["template"]
        template["name"] = "example"
        template["language"]["code"] = "de"
        url = f"v26.0/{DEMO_WABA_ID}/message_templates"
        created = sender.call("POST", url, json=prepared_template("example", template))
        assert created.status_code == 200, (name, created.text)
    elif kind in MIME_TYPES and "id" in body[kind]:
        form = {"messaging_product": "whatsapp", "type": MIME_TYPES[kind]}
        files = {"file": ("a", b"content", MIME_TYPES[kind])}
        uploaded = sender.call("POST", f"v26.0/{DEMO_NUMBER_ID}/media", data=form, files=files)
        body[kind]["id"] = uploaded.json()["id"]
    elif kind == "reaction":
        body["reaction"]["message_id"] = control.write("16505551234", "hello")
    elif kind == "interactive" and body["interactive"]["type"] in {"button", "list"}:
        body["interactive"] = shortened(body["interactive"])
    if body.get("status") == "read":
        body["message_id"] = control.write("16505551234", "hello")


def shortened(value: Any) -> Any:
    """Return an example whose placeholder titles are short enough, and still unlike each other."""
    if isinstance(value, dict):
        return {k: v[-20:] if k in {"title", "button"} else shortened(v) for k, v in value.items()}
    return [shortened(child) for child in value] if isinstance(value, list) else value


def test_examples_are_accepted(sender: Sender, control: ControlClient, whatsapp_fixtures: Path) -> None:
    control.no_limits()
    paths = sorted((whatsapp_fixtures / "_api_examples").glob(f"{PREFIX}*.json"))
    assert paths
    refused: dict[str, str] = {}
    for path in paths:
        name = path.stem.removeprefix(PREFIX)
        if name in UNSUPPORTED:
            continue
        control.create_demo_businesses()
        body = filled(json.loads(path.read_text()))
        prepare(body, name, sender, control)
        answer = sender.call("POST", f"v26.0/{DEMO_NUMBER_ID}/messages", json=body)
        if answer.status_code != 200:
            refused[name] = answer.text
    assert refused == {}


def test_own_catalogue_agrees_with_the_collected_one(whatsapp_fixtures: Path) -> None:
    collected = json.loads((whatsapp_fixtures / "_api_examples" / "synthetic__error_catalog.json").read_text())
    for code, entry in collected["codes"].items():
        own = CATALOGUE[int(code)]
        assert entry["http_status_historic"] in {None, own.http_status}, code
