"""The parser takes every webhook apart, whatever it looks like, and drops nothing."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.contracts.messaging import Direction, MessageType
from services.messaging.adapters.meta_json import digest_of
from services.messaging.adapters.meta_payload import parse
from services.messaging.domain.items import (
    BrokenItem,
    IgnoredItem,
    Item,
    MessageItem,
    Route,
    StatusItem,
    TemplateItem,
    UnknownItem,
)
from services.messaging.domain.people import People, profiles_of

TESTS = Path(__file__).resolve().parents[2]
OWN = TESTS / "fixtures" / "whatsapp_own"
SHARED = Path(os.environ.get("FRONTDESK_FIXTURES", TESTS.parents[1] / "shared" / "fixtures")) / "whatsapp"
RECORDED = sorted(path for path in SHARED.glob("*") if path.suffix in {".json", ".raw"})


def read_own(name: str) -> list[Item]:
    return parse((OWN / name).read_bytes())


def wrap(message: dict[str, Any], contacts: list[dict[str, Any]] | None = None, field: str = "messages") -> bytes:
    value = {"metadata": {"phone_number_id": "1"}, field: [message]} | ({"contacts": contacts} if contacts else {})
    change = {"field": "smb_message_echoes" if field == "message_echoes" else "messages", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "2", "changes": [change]}]}).encode()


def read_message(message: dict[str, Any], contacts: list[dict[str, Any]] | None = None) -> MessageItem:
    (item,) = parse(wrap({"id": "wamid.1", "from": "16505551234", "timestamp": "1790000000", **message}, contacts))
    assert isinstance(item, MessageItem)
    return item


def test_every_item_of_every_change_is_found_with_its_path() -> None:
    assert [(type(item), item.path) for item in read_own("batch_of_everything.json")] == [
        (MessageItem, "entry[0].changes[0].messages[0]"),
        (MessageItem, "entry[0].changes[0].messages[1]"),
        (MessageItem, "entry[0].changes[1].messages[0]"),
        (StatusItem, "entry[0].changes[1].statuses[0]"),
        (TemplateItem, "entry[1].changes[0]"),
        (UnknownItem, "entry[1].changes[1]"),
    ]


def test_people_are_joined_by_id_not_by_place() -> None:
    first, second, *_ = read_own("batch_of_everything.json")
    assert isinstance(first, MessageItem)
    assert isinstance(second, MessageItem)
    assert (first.person.name, first.person.wa_id, first.person.user_id) == ("Ada", "491701111111", "DE.ada1")
    assert (second.person.name, second.person.username, second.person.phone) == ("Ben", "benben", None)


def test_odd_shapes_are_all_accounted_for() -> None:
    kinds = [type(item).__name__.removesuffix("Item") for item in read_own("odd_shapes.json")]
    assert kinds == [
        "Unknown",  # an entry that is no object
        "Ignored",  # an entry without changes
        "Unknown",  # a change that is none
        "Unknown",  # a value that is none
        "Unknown",  # a message that is none
        "Unknown",  # a message without id
        "Unknown",  # a message of nobody
        "Message",  # text without words
        "Message",  # a type that is no text
        "Message",  # an image without one
        "Unknown",  # an array of next year
        "Ignored",  # nothing but contacts
        "Account",  # an error that belongs to no message
    ]


def test_a_body_that_is_not_as_its_type_says_is_kept_raw() -> None:
    odd = [item for item in read_own("odd_shapes.json") if isinstance(item, MessageItem)]
    assert {item.type for item in odd} == {MessageType.UNKNOWN}
    assert all(item.content["raw"] == item.raw for item in odd)
    assert odd[0].sent_at is None


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", BrokenItem),
        (b"{", BrokenItem),
        (b"[" * 5000, BrokenItem),
        (b'{"object": NaN}', BrokenItem),
        (b"[]", IgnoredItem),
        (b"17", IgnoredItem),
        (b"null", IgnoredItem),
        (b'"text"', IgnoredItem),
        (b"{}", IgnoredItem),
        (b'{"object": "instagram", "entry": [{"id": "1"}]}', IgnoredItem),
        (b'{"object": "whatsapp_business_account"}', IgnoredItem),
        (b'{"object": "whatsapp_business_account", "entry": []}', IgnoredItem),
        (b'{"object": "whatsapp_business_account", "entry": {}}', IgnoredItem),
    ],
)
def test_a_body_without_items_is_one_item(raw: bytes, kind: type[Item]) -> None:
    (item,) = parse(raw)
    assert isinstance(item, kind)
    assert item.reason  # type: ignore[attr-defined]  # both kinds have one


def test_what_cannot_be_stored_is_taken_out_of_texts() -> None:
    raw = wrap({"id": "wamid.1", "from": "1650", "timestamp": "1", "type": "text", "text": {"body": "a\0b\ud83dc"}})
    (item,) = parse(raw)
    assert isinstance(item, MessageItem)
    assert item.content == {"text": "ab?c"}


def test_a_name_is_plain_text() -> None:
    contact = {"wa_id": "16505551234", "profile": {"name": "  Eve\0\u202e\n \U0001f469\u200d\U0001f680 " + "x" * 500}}
    item = read_message({"type": "text", "text": {"body": "hi"}}, [contact])
    assert item.person.name == ("Eve \U0001f469\u200d\U0001f680 " + "x" * 500)[:200]


def test_a_message_nested_more_deeply_than_anything_real_breaks_nothing_else() -> None:
    deep: Any = 1
    for _ in range(400):
        deep = [deep]
    value = {
        "metadata": {"phone_number_id": "1"},
        "messages": [
            {"id": "wamid.1", "from": "1650555", "timestamp": "1", "type": "text", "text": {"body": "a"}, "x": deep},
            {"id": "wamid.2", "from": "1650555", "timestamp": "1", "type": "text", "text": {"body": "b"}},
        ],
    }
    change = {"field": "messages", "value": value}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "2", "changes": [change]}]}
    assert [type(item) for item in parse(json.dumps(body).encode())] == [BrokenItem, MessageItem]


@pytest.mark.parametrize(
    ("message", "type_", "content", "text"),
    [
        ({"type": "text", "text": {"body": "hi"}}, "TEXT", {"text": "hi"}, "hi"),
        (
            {"type": "document", "document": {"id": "7", "filename": "a.pdf", "mime_type": "application/pdf"}},
            "DOCUMENT",
            {"mediaId": "7", "filename": "a.pdf", "mimeType": "application/pdf"},
            "a.pdf",
        ),
        (
            {"type": "location", "location": {"latitude": 1.5, "longitude": 2, "name": "Shop"}},
            "LOCATION",
            {"latitude": 1.5, "longitude": 2, "name": "Shop"},
            "Shop",
        ),
        (
            {"type": "reaction", "reaction": {"message_id": "wamid.9"}},
            "REACTION",
            {"messageId": "wamid.9", "emoji": None},
            None,
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "list_reply", "list_reply": {"id": "slot:1", "title": "Ten"}},
            },
            "INTERACTIVE",
            {"kind": "list_reply", "id": "slot:1", "title": "Ten"},
            "Ten",
        ),
        (
            {"type": "button", "button": {"payload": "YES", "text": "Yes"}},
            "BUTTON",
            {"payload": "YES", "text": "Yes"},
            "Yes",
        ),
        (
            {"type": "contacts", "contacts": [{"name": {"formatted_name": "Ann"}, "phones": []}, {"origin": "other"}]},
            "CONTACTS",
            {"contacts": [{"name": {"formattedName": "Ann"}, "phones": []}, {"origin": "other"}]},
            "Ann",
        ),
        (
            {"type": "order", "order": {"catalog_id": "1", "product_items": [{"item_price": 2}]}},
            "ORDER",
            {"catalogId": "1", "productItems": [{"itemPrice": 2}]},
            None,
        ),
        (
            {"type": "revoke", "revoke": {"original_message_id": "wamid.0"}},
            "SYSTEM",
            {"type": "revoke", "originalMessageId": "wamid.0"},
            None,
        ),
    ],
)
def test_each_type_has_a_clean_content(message: dict[str, Any], type_: str, content: Any, text: str | None) -> None:
    item = read_message(message)
    assert (item.type, item.content, item.text) == (type_, content, text)


def test_a_forms_answer_is_read_if_it_can_be() -> None:
    reply = {"name": "flow", "body": "Sent", "response_json": '{"flow_token": "t"}'}
    item = read_message({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": reply}})
    assert item.content["response"] == {"flow_token": "t"}
    broken = {**reply, "response_json": "{no"}
    item = read_message({"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": broken}})
    assert item.content["response"] is None


def test_an_edit_is_read_like_a_message_of_its_own() -> None:
    edited = {"type": "text", "text": {"body": "at eleven"}}
    item = read_message({"type": "edit", "edit": {"original_message_id": "wamid.0", "message": edited}})
    assert item.type is MessageType.SYSTEM
    assert item.content == {
        "type": "edit",
        "originalMessageId": "wamid.0",
        "messageType": "TEXT",
        "content": {"text": "at eleven"},
    }


def test_what_surrounds_a_message_is_kept() -> None:
    message = {
        "type": "text",
        "text": {"body": "hi"},
        "context": {"id": "wamid.0", "forwarded": True},
        "referral": {"source_id": "7", "ctwa_clid": "c"},
    }
    item = read_message(message)
    assert item.reply_to == "wamid.0"
    assert item.content == {"text": "hi", "forwarded": True, "referral": {"sourceId": "7", "ctwaClid": "c"}}


@pytest.mark.parametrize(("type_", "opens"), [("text", True), ("image", True), ("reaction", False), ("system", False)])
def test_only_what_the_customer_writes_opens_the_window(type_: str, opens: bool) -> None:
    body = {"text": {"body": "x"}, "image": {"id": "1"}, "reaction": {"message_id": "m"}, "system": {"body": "b"}}
    assert read_message({"type": type_, type_: body[type_]}).opens_window is opens


def test_a_contact_with_another_writing_of_the_number_is_the_same_person() -> None:
    contact = {"wa_id": "551171234567", "user_id": "BR.1", "profile": {"name": "Ana"}}
    other = {"wa_id": "551199999999", "profile": {"name": "Rui"}}
    item = read_message({"from": "5511971234567", "type": "text", "text": {"body": "oi"}}, [other, contact])
    assert (item.person.name, item.person.wa_id, item.person.user_id) == ("Ana", "551171234567", "BR.1")


def test_a_contact_that_contradicts_the_sender_is_not_taken_for_them() -> None:
    contact = {"wa_id": "491709999999", "user_id": "DE.other", "profile": {"name": "Other"}}
    item = read_message({"type": "text", "text": {"body": "hi"}}, [contact])
    assert (item.person.name, item.person.user_id, item.person.wa_id) == (None, None, "16505551234")


def test_a_change_of_number_names_both() -> None:
    system = {"type": "user_changed_number", "wa_id": "12195555358", "user_id": "US.new", "previous_user_id": "US.old"}
    item = read_message({"type": "system", "system": system})
    assert item.succession is not None
    former, present = item.succession
    assert (former.phone, former.user_id) == ("16505551234", "US.old")
    assert (present.phone, present.user_id) == ("12195555358", "US.new")


@pytest.mark.parametrize(("old", "new"), [("16505559999", "16505551234"), ("16505551234", "16505559999")])
@pytest.mark.parametrize("timestamp", ["1790000000", None])
def test_after_a_change_of_number_the_present_one_is_the_newer(old: str, new: str, timestamp: str | None) -> None:
    raw = {"type": "system", "from": old, "timestamp": timestamp, "system": {"wa_id": new}}
    succession = read_message(raw).succession
    assert succession is not None
    for seen in (succession, tuple(reversed(succession))):
        people = People({}, iter("ab").__next__)
        people.succeed(succession)
        (profile,) = profiles_of(people, seen)
        assert (profile.wa_id or ("", ""))[1] == new


@pytest.mark.parametrize("metadata", [{}, None, {"phone_number_id": ""}, {"display_phone_number": "15550783881"}])
def test_what_names_no_number_is_nobodys(metadata: Any) -> None:
    value = {"metadata": metadata, "messages": [{"id": "wamid.1", "from": "1650", "type": "text"}]}
    value |= {"statuses": [{"id": "wamid.2", "status": "read"}], "novelties": [1]}
    change = {"field": "messages", "value": value}
    items = parse(
        json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "102", "changes": [change]}]}).encode()
    )
    assert [(type(item), item.route) for item in items] == [(UnknownItem, Route(None))] * 3


def test_news_of_a_number_names_it_as_it_is_shown() -> None:
    value = {"event": "FLAGGED", "display_phone_number": "+1 555-078-3881"}
    change = {"field": "phone_number_quality_update", "value": value}
    (item,) = parse(
        json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "102", "changes": [change]}]}).encode()
    )
    assert item.route == Route(None, ("102",), "15550783881")


def test_a_message_in_a_group_is_kept_apart() -> None:
    (item,) = parse(
        wrap({"id": "wamid.1", "from": "1650", "type": "text", "group_id": "G1", "text": {"body": "hi all"}})
    )
    assert isinstance(item, UnknownItem)
    assert "groups" in item.reason


def test_long_names_of_arrays_stay_apart() -> None:
    value = {"metadata": {"phone_number_id": "1"}, "x" * 200: [1], "x" * 200 + "y": [2]}
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "102", "changes": [{"field": "messages", "value": value}]}],
    }
    assert len({item.path for item in parse(json.dumps(body).encode())}) == 2


@pytest.mark.parametrize(
    ("text", "answer"),
    [('{"a": "x\\u0000y"}', {"a": "xy"}), ("[" * 33 + "]" * 33, None), ("[" * 500 + "]" * 500, None)],
)
def test_a_forms_answer_is_stored_only_if_it_can_be(text: str, answer: Any) -> None:
    reply = {"type": "nfm_reply", "nfm_reply": {"response_json": text, "name": "flow"}}
    content = read_message({"type": "interactive", "interactive": reply}).content
    assert (content["response"], content["responseJson"]) == (answer, text)


def test_an_echo_is_a_message_of_the_business_to_the_customer() -> None:
    echo = {
        "id": "wamid.e",
        "from": "1555",
        "to": "16505551234",
        "timestamp": "1",
        "type": "text",
        "text": {"body": "ok"},
    }
    (item,) = parse(wrap(echo, field="message_echoes"))
    assert isinstance(item, MessageItem)
    assert (item.direction, item.person.phone, item.opens_window) == (Direction.OUTBOUND, "16505551234", False)


def test_equal_content_has_one_digest() -> None:
    assert digest_of({"a": 1, "b": [2]}) == digest_of({"b": [2], "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": 2})


@pytest.mark.skipif(not RECORDED, reason="the recorded webhooks are not at hand")
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_webhook_is_read_whole(path: Path) -> None:
    items = parse(path.read_bytes())
    assert items
    assert len({item.path for item in items}) == len(items)
    assert not [item for item in items if isinstance(item, BrokenItem)]


WORDS = [
    *("object", "entry", "id", "changes", "value", "field", "metadata", "phone_number_id", "messages", "statuses"),
    *("contacts", "errors", "type", "text", "body", "from", "timestamp", "status", "system", "wa_id", "image"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(WORDS),
            inner | st.sampled_from(["whatsapp_business_account", "messages", "text", "system", "sent", "image"]),
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(JSON)
def test_no_json_makes_it_raise(entry: Any) -> None:
    for body in (entry, {"object": "whatsapp_business_account", "entry": [entry]}):
        assert parse(json.dumps(body).encode())
    change = {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": entry}]}]}
    assert parse(json.dumps(change).encode())


@given(st.binary(max_size=60))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    assert parse(raw)
