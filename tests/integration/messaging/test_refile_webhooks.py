"""What failed is filed once the reason is mended: by the operator's request, and as often as asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import pytest

from services.common.contracts.messaging import RefileWebhooks, WebhookReport
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.uow import SYSTEM
from services.messaging.adapters import meta_json
from services.messaging.commands import refile_webhooks
from tests.integration.databases import connected
from tests.integration.messaging.shop import POISON, Shop, wamid
from tests.integration.messaging.webhooks import Front, status_of, text_of


def hash_of(body: dict[str, Any]) -> str:
    return sha256(json.dumps(body).encode()).hexdigest()


def refile(front: Front, *hashes: str) -> Sequence[WebhookReport]:
    request = RefileWebhooks(body_hashes=list(hashes) or None)
    return refile_webhooks.run(request, Begin(front.database, Context.new(), SYSTEM)).reports


def mend(front: Front) -> None:
    with connected(front.private.admin_url) as admin:
        admin.exec_driver_sql("drop trigger poison on messages")


@pytest.mark.usefixtures("poisoned")
def test_a_failed_item_is_filed_after_the_repair_and_only_once(shop: Shop) -> None:
    body = shop.body(text_of(wamid(), "fine"), text_of(wamid(), POISON), statuses=[status_of(wamid(), "sent")])
    shop.front.post(body)
    (report,) = refile(shop.front, hash_of(body))
    assert sorted(item.outcome for item in report.items) == ["FAILED", "MESSAGE", "STATUS"]
    mend(shop.front)
    for _ in range(2):
        (report,) = refile(shop.front, hash_of(body).upper())
        assert sorted(item.outcome for item in report.items) == ["MESSAGE", "MESSAGE", "STATUS"]
    assert (shop.count("messages"), shop.count("outbox"), shop.conversation().message_count) == (2, 2, 2)


@pytest.mark.usefixtures("poisoned")
def test_without_hashes_whatever_failed_is_filed(shop: Shop) -> None:
    body = shop.body(text_of(wamid(), POISON))
    shop.front.post(body)
    mend(shop.front)
    assert hash_of(body) in {report.body_hash for report in refile(shop.front)}
    assert shop.outcomes() == {"MESSAGE": 1}
    assert hash_of(body) not in {report.body_hash for report in refile(shop.front)}


def test_a_body_that_could_not_be_read_is_read_by_a_newer_parser(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    body = shop.body(text_of(wamid()), text_of(wamid()))
    with monkeypatch.context() as older:
        older.setattr(meta_json, "load", lambda _raw: json.loads("{"))
        shop.front.post(body)
    assert shop.outcomes() == {}
    for _ in range(2):
        (report,) = refile(shop.front, hash_of(body))
        assert [(item.path, item.outcome) for item in report.items] == [
            ("$", "UNKNOWN"),
            ("entry[0].changes[0].messages[0]", "MESSAGE"),
            ("entry[0].changes[0].messages[1]", "MESSAGE"),
        ]


@pytest.mark.usefixtures("poisoned")
def test_the_operator_refiles_from_the_command_line(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    body = shop.body(text_of(wamid(), POISON))
    shop.front.post(body)
    settings = {"MESSAGING_DATABASE_URL": shop.front.private.app_url, "AMQP_URL": "amqp://", "ENVELOPE_KEYS": "k1:"}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert refile_webhooks.main([hash_of(body)]) == 1
    mend(shop.front)
    capsys.readouterr()
    assert refile_webhooks.main([hash_of(body)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert [item["outcome"] for item in json.loads(line)["items"]] == ["MESSAGE"]


def test_what_nobody_knows_is_not_reported(front: Front) -> None:
    assert refile(front, "0" * 64) == []
