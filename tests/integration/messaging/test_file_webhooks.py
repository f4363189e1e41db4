"""Webhooks become contacts, conversations, messages and statuses, each exactly once."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Any

import pytest

from services.common.contracts.messaging import ListConversations, ListMessages, ReportWebhooks
from services.common.kit.context import Context
from services.common.kit.ids import new_id
from services.common.kit.uow import SYSTEM
from services.messaging import queries
from tests.integration.messaging.shop import POISON, Shop, wamid
from tests.integration.messaging.webhooks import Front, body_of, status_of, text_of, value_of


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def test_a_message_makes_contact_conversation_and_event(shop: Shop) -> None:
    contact = {"wa_id": "16505551234", "user_id": "US.1", "profile": {"name": "Ann"}}
    shop.post(text_of("wamid.a", at=1_790_000_000), contacts=[contact])
    (message,) = shop.list(ListMessages()).messages
    assert (message.direction, message.status, message.content) == ("INBOUND", "RECEIVED", {"text": "hello"})
    assert (message.from_, message.to, message.sent_at) == ("+16505551234", "+15550783881", at(1_790_000_000))
    (conversation,) = shop.list(ListConversations()).conversations
    assert (conversation.contact.name, conversation.contact.phone_number) == ("Ann", "+16505551234")
    assert (conversation.message_count, conversation.unread_count, conversation.status) == (1, 1, "OPEN")
    assert conversation.window_expires_at == at(1_790_000_000 + 86_400)
    (event,) = shop.rows("select payload from outbox where tenant_id = :tenant")
    data = json.loads(event[0])["data"]
    assert (data["messageId"], data["isNewConversation"]) == (message.id, True)
    assert "hello" not in event[0]


def test_three_times_the_same_webhook_is_one_message(shop: Shop) -> None:
    body = shop.body(text_of(wamid()))
    shop.front.post(body, body)
    shop.front.post(body)
    assert (shop.count("messages"), shop.count("outbox"), shop.outcomes()) == (1, 1, {"MESSAGE": 1})
    assert shop.conversation().message_count == 1


def test_the_same_message_in_other_webhooks_is_a_duplicate(shop: Shop) -> None:
    message = text_of(wamid())
    for _ in range(3):
        shop.front.post(shop.body(message, noise=secrets.token_hex(4)))
    assert (shop.count("messages"), shop.outcomes()) == (1, {"MESSAGE": 1, "DUPLICATE": 2})
    assert shop.conversation().unread_count == 1


def test_messages_count_and_the_latest_is_shown_whatever_the_order(shop: Shop) -> None:
    shop.post(text_of(wamid(), "second", at=1_790_000_200))
    shop.post(text_of(wamid(), "first", at=1_790_000_100))
    shop.front.post(
        shop.body(text_of(wamid(), "third", at=1_790_000_300)), shop.body(text_of(wamid(), "0", at=1_790_000_000))
    )
    row = shop.conversation()
    assert (row.message_count, row.unread_count, row.last_message_preview) == (4, 4, "third")
    assert (row.last_message_at, row.window_expires_at) == (at(1_790_000_300), at(1_790_000_300 + 86_400))


def test_a_reaction_does_not_open_the_window(shop: Shop) -> None:
    reaction = text_of(wamid()) | {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}}
    shop.post(reaction)
    row = shop.conversation()
    assert (row.window_expires_at, row.last_message_preview) == (None, "[reaction]")


def test_a_closed_conversation_opens_again_but_a_blocked_one_does_not(shop: Shop) -> None:
    shop.post(text_of(wamid()))
    for status, after in (("CLOSED", "OPEN"), ("SNOOZED", "OPEN"), ("BLOCKED", "BLOCKED")):
        shop.rows(f"update conversations set status = '{status}' where tenant_id = :tenant returning 1")
        shop.post(text_of(wamid()))
        assert shop.conversation().status == after


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 0, 2)])
def test_a_webhook_with_both_ids_joins_two_contacts_and_their_threads(shop: Shop, order: tuple[int, ...]) -> None:
    messages = [
        text_of(wamid(), "by number", at=1_790_000_001, from_="16505551234"),
        text_of(wamid(), "by user id", at=1_790_000_002, from_user_id="US.1"),
        text_of(wamid(), "both", at=1_790_000_003, from_="16505551234", from_user_id="US.1"),
    ]
    for index in order:
        shop.post(messages[index])
    row = shop.conversation()
    assert (shop.count("contacts"), shop.count("conversations"), shop.count("contact_identities")) == (1, 1, 2)
    assert (row.message_count, row.unread_count, row.last_message_preview) == (3, 3, "both")


def test_a_merge_keeps_the_older_ids_and_every_message(shop: Shop) -> None:
    shop.post(text_of(wamid(), from_="16505551234"))
    first = shop.conversation()
    shop.post(text_of(wamid(), from_user_id="US.1"))
    shop.post(text_of(wamid(), from_="16505551234", from_user_id="US.1"))
    joined = shop.conversation()
    assert (joined.id, joined.contact_id, joined.message_count) == (first.id, first.contact_id, 3)
    assert len(shop.list(ListMessages(conversation_id=str(first.id))).messages) == 3


def test_a_status_with_both_ids_joins_as_well(shop: Shop) -> None:
    shop.post(text_of(wamid(), from_user_id="US.1"))
    shop.post(text_of(wamid(), from_="16505551234"))
    assert shop.count("contacts") == 2
    shop.post(statuses=[status_of(wamid(), "sent", recipient_user_id="US.1")])
    assert shop.count("contacts") == 1


@pytest.mark.parametrize("numbers", [("5511971234567", "551171234567"), ("5491123456789", "541123456789")])
def test_both_writings_of_a_number_are_one_contact(shop: Shop, numbers: tuple[str, str]) -> None:
    for second, number in enumerate(numbers):
        shop.post(text_of(wamid(), from_=number, at=1_790_000_000 + second))
    ((wa_id, phone_number),) = shop.rows("select wa_id, phone_number from contacts where tenant_id = :tenant")
    assert (shop.count("contacts"), wa_id, phone_number) == (1, numbers[1], f"+{numbers[1]}")


def test_a_change_of_number_keeps_the_thread(shop: Shop) -> None:
    shop.post(text_of(wamid(), from_="16505551234", from_user_id="US.1"))
    system = {"type": "user_changed_number", "wa_id": "12195555358", "user_id": "US.2", "previous_user_id": "US.1"}
    shop.post(text_of(wamid(), at=1_790_000_010) | {"type": "system", "system": system})
    shop.post(text_of(wamid(), from_="12195555358", from_user_id="US.2", at=1_790_000_020))
    ((wa_id, user_id),) = shop.rows("select wa_id, user_id from contacts where tenant_id = :tenant")
    assert (shop.count("conversations"), wa_id, user_id) == (1, "12195555358", "US.2")


@pytest.mark.parametrize(
    ("old", "new"),
    [(("16505559999", "US.9"), ("16505551234", "US.1")), (("16505551234", "US.1"), ("16505559999", "US.9"))],
)
@pytest.mark.parametrize("known_before", [True, False])
def test_after_a_change_of_number_the_present_one_is_written_to(
    shop: Shop, old: tuple[str, str], new: tuple[str, str], *, known_before: bool
) -> None:
    first = text_of(wamid(), from_=old[0], from_user_id=old[1], at=1_790_000_000)
    system = {"type": "user_changed_number", "wa_id": new[0], "user_id": new[1], "previous_user_id": old[1]}
    notice = text_of(wamid(), from_=old[0], at=1_790_000_000) | {"type": "system", "system": system}
    for message in (first, notice) if known_before else (notice, first):
        shop.post(message)
    rows = shop.rows("select wa_id, user_id, phone_number from contacts where tenant_id = :tenant")
    assert [tuple(row) for row in rows] == [(*new, f"+{new[0]}")]


def test_what_names_no_number_is_kept_by_nobody(front: Front) -> None:
    one = Shop(front)
    other = new_id()
    front.connect(other, new_id(), one.account)
    body = body_of({"messages": [text_of(wamid())], "statuses": [status_of(wamid(), "read")]}, account=one.account)
    front.post(body)
    assert front.value("select count(*) from messages where tenant_id in (:a, :b)", a=one.tenant, b=other) == 0
    assert front.value("select count(*) from provider_events where tenant_id in (:a, :b)", a=one.tenant, b=other) == 0
    (remarks,) = front.rows("select remarks from webhook_events order by id desc limit 1")[0]
    assert [(remark["outcome"], remark["detail"][:18]) for remark in remarks] == [("UNKNOWN", "The change does no")] * 2


def test_news_of_an_account_go_to_who_has_proved_it(front: Front) -> None:
    account, proved, named = new_id(), new_id(), new_id()
    news = {"event": "ACCOUNT_UPDATE"}
    front.connect(named, new_id(), account)
    front.post(body_of(news, field="account_update", account=account))
    front.connect(proved, new_id(), account, is_proved=True)
    front.post(body_of({**news, "more": 1}, field="account_update", account=account))
    told = front.rows("select tenant_id from provider_events where account_ids = :ids order by id", ids=[account])
    assert [str(row.tenant_id) for row in told] == [named, proved]


def test_news_of_an_account_reach_those_who_are_connected_to_it(front: Front) -> None:
    account = new_id()
    active, shown, gone = new_id(), new_id(), new_id()
    front.connect(active, new_id(), account)
    front.connect(shown, new_id(), account, display="+1 555 000 1111")
    front.connect(gone, new_id(), account, is_active=False)
    everybody = body_of({"event": "ACCOUNT_UPDATE"}, field="account_update", account=account)
    number = {"event": "FLAGGED", "display_phone_number": "15550001111"}
    front.post(everybody, body_of(number, field="phone_number_quality_update", account=account))
    told = front.rows("select tenant_id, event from provider_events where account_ids = :ids", ids=[account])
    assert {(str(tenant), event) for tenant, event in told} == {
        (active, "ACCOUNT_UPDATE"),
        (shown, "ACCOUNT_UPDATE"),
        (shown, "FLAGGED"),
    }


def test_a_number_that_changed_hands_starts_a_thread_of_its_own(shop: Shop) -> None:
    shop.post(text_of(wamid(), from_="16505551234", from_user_id="US.1", at=1_790_000_000))
    shop.post(text_of(wamid(), from_="16505551234", from_user_id="US.9", at=1_790_000_900))
    rows = shop.rows("select user_id, wa_id from contacts where tenant_id = :tenant order by 1")
    assert [tuple(row) for row in rows] == [("US.1", None), ("US.9", "16505551234")]
    assert shop.count("conversations") == 2


def test_the_newest_name_wins(shop: Shop) -> None:
    for second, name in ((5, "New"), (1, "Old")):
        contact = {"wa_id": "16505551234", "profile": {"name": name}}
        shop.post(text_of(wamid(), at=1_790_000_000 + second), contacts=[contact])
    assert shop.rows("select name from contacts where tenant_id = :tenant")[0][0] == "New"


@pytest.mark.usefixtures("poisoned")
def test_one_bad_item_takes_no_other_with_it(shop: Shop) -> None:
    bad = text_of(wamid(), POISON)
    shop.front.post(
        shop.body(text_of(wamid(), "one"), bad, text_of(wamid(), "two")),
        shop.body(text_of(wamid(), "three"), statuses=[status_of(wamid(), "sent")]),
    )
    assert shop.outcomes() == {"MESSAGE": 3, "STATUS": 1, "FAILED": 1}
    ((path, detail, raw),) = shop.rows(
        "select path, detail, raw from webhook_items where tenant_id = :tenant and outcome = 'FAILED'"
    )
    assert (path, raw["raw"]) == ("entry[0].changes[0].messages[1]", bad)
    assert "refused" in detail
    assert POISON not in detail
    assert (shop.count("outbox"), shop.conversation().message_count) == (3, 3)


def test_an_item_at_the_limit_of_depth_is_filed_or_put_down_as_broken(shop: Shop) -> None:
    for depth in range(235, 260):
        deep: Any = 1
        for _ in range(depth):
            deep = [deep]
        shop.post(text_of(wamid()) | {"type": "deep", "deep": deep})
    remarks = sum(len(row[0]) for row in shop.rows("select remarks from webhook_events where remarks <> '[]'"))
    assert shop.count("messages") + remarks >= 25
    assert shop.outcomes().keys() == {"MESSAGE"}


def test_a_batch_of_megabytes_is_filed_whole(shop: Shop) -> None:
    bodies = [shop.body(text_of(wamid(), f"{n} " + "x" * 1_000_000)) for n in range(20)]
    shop.front.post(*bodies, bodies[0])
    assert shop.outcomes() == {"MESSAGE": 20}
    assert shop.rows("select max(repeats) from webhook_events")[0][0] >= 1


def test_a_batch_of_several_tenants_reaches_each(front: Front) -> None:
    one, other = Shop(front), Shop(front)
    entries = [shop.body(text_of(wamid(), shop.number))["entry"][0] for shop in (one, other)]
    front.post({"object": "whatsapp_business_account", "entry": entries})
    for shop in (one, other):
        (message,) = shop.list(ListMessages()).messages
        assert message.content == {"text": shop.number}


@pytest.mark.usefixtures("poisoned")
def test_a_bad_item_of_one_tenant_leaves_the_other_alone(front: Front) -> None:
    one, other = Shop(front), Shop(front)
    front.post(one.body(text_of(wamid(), POISON)), other.body(text_of(wamid())))
    assert (one.outcomes(), other.outcomes()) == ({"FAILED": 1}, {"MESSAGE": 1})


def test_what_has_no_channel_waits_for_one(front: Front) -> None:
    number, account, tenant = new_id(), new_id(), new_id()
    body = body_of(value_of([text_of(wamid())], number=number), account=account)
    news = body_of({"event": "ACCOUNT_DELETED"}, field="account_update", account=account)
    front.post(body, news)
    asked = "select count(*) from unrouted_items where phone_number_id = :number or account_ids[1] = :account"
    assert front.value(asked, number=number, account=account) == 2
    front.connect(tenant, number, account)
    assert front.value(asked, number=number, account=account) == 0
    rows = front.rows("select outcome from webhook_items where tenant_id = :tenant order by 1", tenant=tenant)
    assert [row[0] for row in rows] == ["ACCOUNT", "MESSAGE"]
    front.post(body, news)
    assert front.value("select count(*) from messages where tenant_id = :tenant", tenant=tenant) == 1


def test_an_older_version_of_a_channel_is_no_news(front: Front) -> None:
    tenant = new_id()
    channel = front.connect(tenant, "5550001", version=3)
    front.connect(tenant, "5550002", channel_id=channel, version=2)
    assert front.value("select phone_number_id from channels where id = :id", id=channel) == "5550001"


def test_statuses_are_kept_until_their_message_is_known(shop: Shop) -> None:
    known = wamid()
    shop.post(statuses=[status_of(known, "read", at=30), status_of(known, "sent", at=10)])
    shop.post(statuses=[status_of(known, "sent", at=10)], noise=1)
    assert shop.outcomes() == {"STATUS": 2, "DUPLICATE": 1}
    echo = text_of(known, to="16505551234") | {"from": "15550783881"}
    value = value_of(number=shop.number) | {"message_echoes": [echo]}
    shop.front.post(body_of(value, field="smb_message_echoes"))
    (message,) = shop.list(ListMessages()).messages
    assert (message.direction, message.status, message.to) == ("OUTBOUND", "READ", "+16505551234")


def test_the_report_tells_what_became_of_each_body(shop: Shop) -> None:
    body = json.dumps(shop.body(text_of(wamid()), novelties=[1])).encode()
    shop.front.post(body, b"no json", body)
    with shop.front.database.transaction(Context.new(), SYSTEM, read_only=True) as uow:
        hashes = shop.front.rows("select body_hash from webhook_events order by id desc limit 2")
        request = ReportWebhooks(body_hashes=[row[0] for row in hashes] + ["0" * 64])
        reports = {report.repeats: report for report in queries.report_webhooks(request, uow).reports}
    assert [(item.outcome, item.tenant_id) for item in reports[1].items] == [
        ("MESSAGE", shop.tenant),
        ("UNKNOWN", shop.tenant),
    ]
    assert [(item.outcome, item.tenant_id) for item in reports[0].items] == [("FAILED", None)]
    assert reports[0].processed_at is not None


def test_another_tenant_sees_nothing(front: Front, shop: Shop) -> None:
    shop.post(text_of(wamid()))
    other = Shop(front)
    conversation = shop.list(ListConversations()).conversations[0]
    assert other.list(ListConversations()).conversations == []
    assert other.list(ListMessages(conversation_id=conversation.id)).messages == []
