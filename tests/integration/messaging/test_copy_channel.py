"""A channel appears, and what has been waiting for it is filed: in small portions, and to the end."""

from __future__ import annotations

from typing import Any

import eventlet
import pytest

from services.common.kit.ids import new_id
from services.messaging.commands import copy_channel
from services.messaging.repository.filing import Filing
from tests.integration.databases import connected
from tests.integration.messaging.shop import wamid
from tests.integration.messaging.webhooks import Front, body_of, text_of, value_of


def waiting(front: Front, number: str) -> int:
    return int(front.value("select count(*) from unrouted_items where phone_number_id = :number", number=number))


def messages(front: Front, tenant: str) -> int:
    return int(front.value("select count(*) from messages where tenant_id = :tenant", tenant=tenant))


def backlog(front: Front, number: str, bodies: int = 5) -> None:
    posted = [body_of(value_of([text_of(wamid()), text_of(wamid())], number=number)) for _ in range(bodies)]
    front.post(*posted)


@pytest.mark.parametrize(("items", "size"), [(3, 1_000_000), (100, 1), (1, 1)])
def test_a_backlog_is_filed_in_portions(
    front: Front, tenant: str, monkeypatch: pytest.MonkeyPatch, items: int, size: int
) -> None:
    number = new_id()
    backlog(front, number)
    monkeypatch.setattr(copy_channel, "_MOST_ITEMS", items)
    monkeypatch.setattr(copy_channel, "_MOST_BYTES", size)
    front.connect(tenant, number)
    assert (waiting(front, number), messages(front, tenant)) == (0, 10)


def test_who_dies_on_the_way_has_stored_the_channel_and_loses_nothing(
    front: Front, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, channel, file_again = new_id(), new_id(), Filing.file_again
    backlog(front, number)
    monkeypatch.setattr(copy_channel, "_MOST_ITEMS", 4)
    calls: list[int] = []

    def die_at_the_second(filing: Filing, readings: Any) -> None:
        calls.append(1)
        if len(calls) > 1:
            raise KeyboardInterrupt
        file_again(filing, readings)

    with monkeypatch.context() as dying:
        dying.setattr(Filing, "file_again", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            front.connect(tenant, number, channel_id=channel)
    assert (waiting(front, number), messages(front, tenant)) == (6, 4)
    front.connect(tenant, number, channel_id=channel)
    assert (waiting(front, number), messages(front, tenant)) == (0, 10)


def test_webhooks_are_filed_while_a_backlog_is(front: Front, tenant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    number, other, file_again = new_id(), new_id(), Filing.file_again
    backlog(front, number)

    def file_with_company(filing: Filing, readings: Any) -> None:
        monkeypatch.setattr(Filing, "file_again", file_again)
        file_again(filing, readings)
        eventlet.spawn(front.post, body_of(value_of([text_of(wamid())], number=other))).wait()

    monkeypatch.setattr(Filing, "file_again", file_with_company)
    front.connect(tenant, number)
    assert (waiting(front, number), waiting(front, other)) == (0, 1)


def test_an_item_that_is_no_longer_found_is_noted(front: Front, tenant: str) -> None:
    number = new_id()
    backlog(front, number, 1)
    with connected(front.private.admin_url) as admin:
        admin.exec_driver_sql("update unrouted_items set path = 'entry[9]' where path like '%%[1]'")
    front.connect(tenant, number)
    asked = "select remarks from webhook_events order by id desc limit 1"
    assert [(remark["path"], remark["outcome"]) for remark in front.value(asked)] == [("entry[9]", "UNKNOWN")]
    assert (waiting(front, number), messages(front, tenant)) == (0, 1)


def test_news_of_an_account_wait_for_an_active_channel(front: Front, tenant: str) -> None:
    account, channel = new_id(), new_id()
    front.post(body_of({"event": "ACCOUNT_UPDATE"}, field="account_update", account=account))
    asked = "select count(*) from provider_events where tenant_id = :tenant"
    front.connect(tenant, new_id(), account, channel_id=channel, is_active=False)
    assert front.value(asked, tenant=tenant) == 0
    front.connect(tenant, new_id(), account, channel_id=channel, version=2)
    assert front.value(asked, tenant=tenant) == 1
