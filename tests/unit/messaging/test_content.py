"""What may be sent, by the provider's limits."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.contracts.messaging import ContentRefused, MessageType
from services.messaging.domain.content import check

BUTTON = {"id": "a", "title": "A"}
BUTTONS = {"kind": "BUTTONS", "body": "Which?", "buttons": [BUTTON]}
ROW = {"id": "1", "title": "Ten"}
LIST = {"kind": "LIST", "body": "When?", "buttonText": "Choose", "sections": [{"rows": [ROW]}]}


def rows(count: int) -> list[dict[str, str]]:
    return [{"id": str(n), "title": f"row {n}"} for n in range(count)]


@pytest.mark.parametrize(
    ("type_", "content", "text"),
    [
        ("TEXT", {"text": "hi", "previewUrl": True}, "hi"),
        ("TEXT", {"text": "x" * 4096}, "x" * 4096),
        ("IMAGE", {"mediaUrl": "https://files.example/a.png", "caption": "see"}, "see"),
        ("AUDIO", {"mediaId": "7001"}, None),
        ("DOCUMENT", {"mediaId": "7001", "filename": "a.pdf", "caption": "b"}, "b a.pdf"),
        ("LOCATION", {"latitude": 52.5, "longitude": 13, "name": "Shop"}, "Shop"),
        ("TEMPLATE", {"name": "hello_world", "language": "en_US"}, "hello_world"),
        ("INTERACTIVE", BUTTONS, "Which?"),
        ("INTERACTIVE", LIST, "When?"),
        (
            "INTERACTIVE",
            {**LIST, "sections": [{"title": str(n), "rows": [{"id": str(n), "title": "r"}]} for n in (1, 2)]},
            "When?",
        ),
    ],
)
def test_content_that_fits_is_taken_as_it_is(type_: str, content: dict[str, Any], text: str | None) -> None:
    assert check(MessageType(type_), content) == (content, text)


def test_the_short_form_of_a_text() -> None:
    assert check(MessageType.TEXT, None, "hi") == ({"text": "hi"}, "hi")


def test_components_of_a_template_pass_as_the_provider_calls_them() -> None:
    component = {"type": "BODY", "parameters": [{"type": "text", "text": "Ann"}]}
    outgoing = check(MessageType.TEMPLATE, {"name": "hello", "language": "de", "components": [component]})
    assert outgoing.content["components"] == [{**component, "type": "body"}]


@pytest.mark.parametrize(
    ("type_", "content", "field"),
    [
        ("TEXT", {}, "content.text"),
        ("TEXT", {"text": ""}, "content.text"),
        ("TEXT", {"text": 5}, "content.text"),
        ("TEXT", {"text": "a\0"}, "content.text"),
        ("TEXT", {"text": "x" * 4097}, "content.text"),
        ("TEXT", {"text": "a", "previewUrl": "yes"}, "content.previewUrl"),
        ("TEXT", {"text": "a", "colour": "red"}, "content.colour"),
        ("IMAGE", {}, "content.mediaUrl"),
        ("IMAGE", {"mediaUrl": "https://a.example", "mediaId": "1"}, "content.mediaUrl"),
        ("IMAGE", {"mediaUrl": "ftp://a.example"}, "content.mediaUrl"),
        ("IMAGE", {"mediaId": "1", "caption": "x" * 1025}, "content.caption"),
        ("AUDIO", {"mediaId": "1", "caption": "x"}, "content.caption"),
        ("LOCATION", {"latitude": 91, "longitude": 0}, "content.latitude"),
        ("LOCATION", {"latitude": True, "longitude": 0}, "content.latitude"),
        ("IMAGE", {"mediaUrl": "https://a.example\n"}, "content.mediaUrl"),
        ("TEMPLATE", {"name": "Hello", "language": "en"}, "content.name"),
        ("TEMPLATE", {"name": "hello\n", "language": "en"}, "content.name"),
        ("TEMPLATE", {"name": "hello", "language": "en\n"}, "content.language"),
        ("TEMPLATE", {"name": "hello", "language": "english please"}, "content.language"),
        (
            "TEMPLATE",
            {"name": "hello", "language": "en", "components": [{"type": "tail"}]},
            "content.components.0.type",
        ),
        ("INTERACTIVE", {"kind": "MAP"}, "content.kind"),
        ("INTERACTIVE", {**BUTTONS, "buttons": []}, "content.buttons"),
        ("INTERACTIVE", {**BUTTONS, "buttons": rows(4)}, "content.buttons"),
        ("INTERACTIVE", {**BUTTONS, "buttons": [BUTTON, {**BUTTON, "id": "b"}]}, "content.buttons"),
        ("INTERACTIVE", {**BUTTONS, "buttons": [{"id": "a", "title": "x" * 21}]}, "content.buttons.0.title"),
        ("INTERACTIVE", {**BUTTONS, "body": "x" * 1025}, "content.body"),
        (
            "INTERACTIVE",
            {**LIST, "sections": [{"title": "a", "rows": rows(6)}, {"title": "b", "rows": rows(6)}]},
            "content.sections",
        ),
        ("INTERACTIVE", {**LIST, "sections": [{"rows": rows(1)}, {"rows": rows(1)}]}, "content.sections.0.title"),
        ("STICKER", {"mediaId": "1"}, "type"),
        ("SYSTEM", {}, "type"),
    ],
)
def test_content_that_does_not_fit_is_refused_by_field(type_: str, content: dict[str, Any], field: str) -> None:
    with pytest.raises(ContentRefused) as refused:
        check(MessageType(type_), content)
    assert field in refused.value.details
