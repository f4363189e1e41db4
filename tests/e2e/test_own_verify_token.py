"""A business that sets Meta's webhook up by itself: a verify token of its own, as long as it wants it."""

from __future__ import annotations

import secrets

import pytest

from tests.e2e.api import Answer, Api
from tests.e2e.patience import eventually
from tests.e2e.people import Account


def set_token(owner: Account, **config: object) -> dict[str, object]:
    return dict(owner.first.api.call("PATCH", "/settings", {"webhookConfig": config}).data["webhookConfig"])


def ask(api: Api, token: str, path: str = "/webhook") -> Answer:
    """As Meta does, when somebody enters the address; each time by a connection of its own."""
    asked = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
    return api.call("GET", path, params=asked, headers={"Connection": "close"})


@pytest.fixture
def token() -> str:
    return f"our-own-{secrets.token_hex(12)}"


def test_an_enabled_token_is_accepted_and_shown_masked(api: Api, owner: Account, token: str) -> None:
    assert set_token(owner, verifyToken=token, enabled=True)["enabled"] is True
    for path in ("/webhook", "/whatsapp/webhook"):
        proved = ask(api, token, path)
        assert (proved.status, proved.response.text) == (200, "1158201444"), path
    shown = owner.first.api.get("/settings")
    assert shown.data["webhookConfig"]["verifyToken"]
    assert token not in shown.response.text


def test_a_token_that_is_not_enabled_is_refused(api: Api, owner: Account, token: str) -> None:
    set_token(owner, verifyToken=token, enabled=False)
    refused = ask(api, token)
    assert (refused.status, refused.code) == (403, "webhooks.verification_refused")


def test_what_is_not_quite_the_token_is_refused(api: Api, owner: Account, token: str) -> None:
    set_token(owner, verifyToken=token, enabled=True)
    for wrong in ("", "x", token[:10], token.upper(), token[:-1], f"{token} "):
        assert ask(api, wrong).code == "webhooks.verification_refused"


def test_a_token_that_was_replaced_or_taken_back_is_refused(api: Api, owner: Account, token: str) -> None:
    second = f"{token}-2"
    set_token(owner, verifyToken=token, enabled=True)
    set_token(owner, verifyToken=second)
    assert (ask(api, token).status, ask(api, second).status) == (403, 200)
    third = f"{token}-3"
    set_token(owner, verifyToken=third)
    assert set_token(owner, verifyToken=None)["verifyToken"] is None
    assert ask(api, third).status == 403


def test_who_enables_the_token_after_a_vain_try_need_not_wait_long(api: Api, owner: Account, token: str) -> None:
    set_token(owner, verifyToken=token, enabled=False)
    assert ask(api, token).status == 403
    set_token(owner, enabled=True)
    eventually("the challenge", lambda: ask(api, token).status == 200, 10.0)
