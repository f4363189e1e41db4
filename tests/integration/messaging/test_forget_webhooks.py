"""Old webhooks are forgotten; what they told us is not, nor what is still to be done."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.ids import new_id
from services.common.kit.uow import SYSTEM
from services.messaging.commands import forget_webhooks
from tests.integration.databases import connected
from tests.integration.messaging.shop import POISON, Shop, wamid
from tests.integration.messaging.webhooks import Front, body_of, status_of, text_of, value_of


def forget(front: Front, days: int = 90, is_stopping: Callable[[], bool] = lambda: False) -> None:
    begin = Begin(front.database, Context.new(), SYSTEM, is_stopping=is_stopping)
    forget_webhooks.run(begin, timedelta(days=days))


def make_older(front: Front) -> None:
    with connected(front.private.admin_url) as admin:
        admin.exec_driver_sql("update webhook_events set received_at = received_at - interval '91 days'")
        admin.exec_driver_sql("update provider_events set created_at = created_at - interval '91 days'")


@pytest.mark.usefixtures("poisoned")
def test_what_is_done_is_forgotten_and_what_is_not_is_kept(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    front = shop.front
    front.wipe()
    monkeypatch.setattr(forget_webhooks, "_AT_ONCE", 2)
    for _ in range(5):
        shop.post(text_of(wamid()), statuses=[status_of(wamid(), "read")], novelties=[new_id()])
    shop.post(text_of(wamid(), POISON))
    front.post(b"no json", body_of(value_of([text_of(wamid())], number=new_id())))
    make_older(front)
    shop.post(text_of(wamid()))
    forget(front)
    assert front.value("select count(*) from webhook_events") == 4
    assert shop.outcomes() == {"FAILED": 1, "MESSAGE": 1}
    assert (shop.count("messages"), shop.count("message_statuses"), shop.count("provider_events")) == (6, 5, 0)
    assert front.value("select count(*) from unrouted_items") == 1


def test_a_process_that_is_to_end_forgets_later(shop: Shop) -> None:
    shop.front.wipe()
    shop.post(text_of(wamid()))
    make_older(shop.front)
    forget(shop.front, is_stopping=lambda: True)
    assert shop.outcomes() == {"MESSAGE": 1}
    forget(shop.front)
    assert shop.outcomes() == {}


def test_a_forgotten_webhook_that_comes_again_doubles_nothing(shop: Shop) -> None:
    body = shop.body(text_of(wamid()))
    shop.front.post(body)
    make_older(shop.front)
    forget(shop.front)
    shop.front.post(body)
    assert (shop.count("messages"), shop.outcomes()) == (1, {"DUPLICATE": 1})
