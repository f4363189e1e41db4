"""What Meta posts: taken when it is signed, refused unseen when it is not, filed with whom it belongs to."""

from __future__ import annotations

import gzip
import json
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.api import Api
from tests.e2e.business import Business, new_digits, register
from tests.e2e.door import Door, body_of, change, letter_to, new_message_id, text_message
from tests.e2e.stored import Stored

OpenAnother = Callable[[], Business]


@pytest.fixture(scope="module")
def door(settings: dict[str, str]) -> Iterator[Door]:
    door = Door(settings["GATEWAY_URL"], settings["META_APP_SECRET"])
    yield door
    door.close()


def test_a_body_that_is_not_signed_rightly_is_refused_and_reaches_nobody(
    business: Business, door: Door, stored: Stored
) -> None:
    person, wamid = business.new_person(), new_message_id()
    body = json.dumps(letter_to(business, person, "Forged.", wamid)).encode()
    right = door.signature(body)
    wrong: dict[str, str | bytes] = {
        "no signature": "",
        "of another body": door.signature(body + b" "),
        "one digit off": right[:-1] + ("0" if right[-1] != "0" else "1"),
        "upper case": right.upper(),
        "without its prefix": right.removeprefix("sha256="),
        "cut short": right[:20],
        "another algorithm": right.replace("sha256", "sha1"),
        "not ASCII": "sha256=é".encode(),
        "empty digest": "sha256=",
    }
    for name, signature in wrong.items():
        refused = door.post(body, signature)
        assert (refused.status, refused.code) == (401, "webhooks.bad_signature"), name
    # What comes after them through the same door and queue is there, they are not.
    door.deliver(letter_to(business, person, "Genuine.", marker := new_message_id()))
    business.await_message(marker)
    assert stored.value("messaging", "select count(*) from messages where external_id = %s", wamid) == 0
    found = "select count(*) from webhook_events where position(%s::bytea in body) > 0"
    assert stored.value("messaging", found, wamid.encode()) == 0


def test_one_changed_byte_breaks_the_signature(business: Business, door: Door) -> None:
    body = json.dumps(letter_to(business, business.new_person(), "Pay 10 euros.")).encode()
    assert door.post(body.replace(b"10", b"90"), door.signature(body)).status == 401


def test_a_body_over_three_megabytes_is_refused(door: Door) -> None:
    refused = door.post(b" " * (3 * 1024 * 1024 + 1))
    assert (refused.status, refused.code) == (413, "request.too_large")


def test_a_body_of_almost_three_megabytes_is_taken(business: Business, door: Door) -> None:
    person, wamid = business.new_person(), new_message_id()
    payload = letter_to(business, person, "A long way round.", wamid)
    payload["padding"] = "x" * (3 * 1024 * 1024 - 2048)
    door.deliver(payload)
    assert business.await_message(wamid)["content"]["text"] == "A long way round."


def test_a_compressed_body_is_not_unpacked(door: Door) -> None:
    body = gzip.compress(b'{"object": "whatsapp_business_account", "entry": []}')
    refused = door.post(body, **{"Content-Encoding": "gzip"})
    assert (refused.status, refused.code) == (415, "request.unsupported_media_type")


def test_a_signed_body_that_is_no_json_is_taken_and_kept(door: Door, business: Business, stored: Stored) -> None:
    body = b"\xff\xfe not json " + secrets.token_bytes(8)
    assert door.post(body).status == 200
    door.deliver(letter_to(business, business.new_person(), "After it.", marker := new_message_id()))
    business.await_message(marker)
    assert stored.value("messaging", "select count(*) from webhook_events where body = %s", body) == 1


def test_the_address_proves_itself_to_whoever_knows_the_token(api: Api, settings: dict[str, str]) -> None:
    token = settings["META_VERIFY_TOKEN"].partition(",")[0]
    for path in ("/webhook", "/whatsapp/webhook"):
        asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
        shown = api.get(path, **asked)
        assert (shown.status, shown.response.text) == (200, "1158201444")
        assert shown.headers["Content-Type"].startswith("text/plain")
        for change_ in ({"hub.verify_token": "guess"}, {"hub.mode": "unsubscribe"}):
            refused = api.get(path, **(asked | change_))
            assert (refused.status, refused.code) == (403, "webhooks.verification_refused")


def test_both_addresses_take_events(business: Business, door: Door, settings: dict[str, str]) -> None:
    other = Door(settings["GATEWAY_URL"], settings["META_APP_SECRET"])
    other.url = door.url.replace("/webhook", "/whatsapp/webhook")
    other.deliver(letter_to(business, business.new_person(), "By the other door.", wamid := new_message_id()))
    other.close()
    assert business.await_message(wamid)["content"]["text"] == "By the other door."


def test_one_body_for_two_tenants_is_divided_between_them(
    business: Business, open_another: OpenAnother, door: Door
) -> None:
    other, person = open_another(), business.new_person("Both Ways")
    ours, theirs = new_message_id(), new_message_id()
    door.deliver(
        body_of(
            (business.waba_id, [change(business.number_id, person, text_message(person, "To ours.", ours))]),
            (other.waba_id, [change(other.number_id, person, text_message(person, "To theirs.", theirs))]),
        )
    )
    assert business.await_message(ours)["content"]["text"] == "To ours."
    assert other.await_message(theirs)["content"]["text"] == "To theirs."
    for seer, unseen in ((business, theirs), (other, ours)):
        seen = [message["externalId"] for message in seer.api.get("/messages", limit=100).data["messages"]]
        assert unseen not in seen
    assert len({business.await_message(ours)["contactId"], other.await_message(theirs)["contactId"]}) == 2


def test_one_broken_item_takes_no_other_with_it(business: Business, door: Door, stored: Stored) -> None:
    person, first, last = business.new_person(), new_message_id(), new_message_id()
    broken = {"from": person.phone, "id": new_message_id(), "timestamp": "not a time", "type": "text", "text": 7}
    items = [text_message(person, "Before.", first), broken, text_message(person, "After.", last)]
    door.deliver(body_of((business.waba_id, [change(business.number_id, person, *items)])))
    assert business.await_message(first)["content"]["text"] == "Before."
    assert business.await_message(last)["content"]["text"] == "After."
    paths = stored.rows(
        "messaging",
        "select count(*) from webhook_items where event_id ="
        " (select id from webhook_events where position(%s::bytea in body) > 0)",
        last.encode(),
    )
    assert paths == [(3,)]


def test_what_comes_before_its_channel_is_kept_and_filed_when_the_channel_appears(
    api: Api, business: Business, door: Door, stored: Stored
) -> None:
    number_id, waba_id, person, wamid = new_digits(), new_digits(), business.new_person("Early Bird"), new_message_id()
    early = change(number_id, person, text_message(person, "Are you open already?", wamid))
    door.deliver(body_of((waba_id, [early])))
    door.deliver(letter_to(business, person, "A marker.", marker := new_message_id()))
    business.await_message(marker)
    waiting = "select count(*) from unrouted_items where phone_number_id = %s"
    assert stored.value("messaging", waiting, number_id) == 1
    late = Business(
        signed_in := register(api),
        api.as_caller(signed_in["token"]),
        business.simulator,
        waba_id,
        number_id,
        "+15550001111",
        "a-token",
        {},
    )
    form = {"type": "WHATSAPP_CLOUD", "name": "Late", "phoneNumberId": number_id, "businessAccountId": waba_id}
    assert late.api.post("/channels", form | {"accessToken": "a-token"}).status == 201
    assert late.await_message(wamid)["content"]["text"] == "Are you open already?"
    assert stored.value("messaging", waiting, number_id) == 0


def test_five_hundred_copies_at_once_are_one_message(business: Business, door: Door, settings: dict[str, str]) -> None:
    person, wamid = business.new_person(), new_message_id()
    body = json.dumps(letter_to(business, person, "Again and again.", wamid)).encode()
    doors = [Door(settings["GATEWAY_URL"], settings["META_APP_SECRET"]) for _ in range(10)]

    def knock(number: int) -> int:
        return doors[number % len(doors)].post(body).status

    with ThreadPoolExecutor(len(doors)) as pool:
        assert set(pool.map(knock, range(500))) == {200}
    for each in doors:
        each.close()
    message = business.await_message(wamid)
    door.deliver(letter_to(business, person, "The end.", marker := new_message_id()))
    business.await_message(marker)
    conversation = business.api.get(f"/conversations/{message['conversationId']}").data
    assert conversation["messageCount"] == 2
