"""Telegram: a bot is connected, its users sign in as customers, staff by a linked account."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.api import Answer, Api
from tests.e2e.mailbox import Mailbox
from tests.e2e.people import Account, SignIn, hire, open_account
from tests.e2e.telegram import Bot, TelegramUser
from tests.simulators.telegram_bot_api.control import ControlClient


@dataclass
class Salon:
    """A salon with a bot of its business."""

    owner: Account
    slug: str
    bot: Bot
    channel_id: str

    @property
    def api(self) -> Api:
        return self.owner.first.api

    def by_widget(self, user: TelegramUser, **changes: Any) -> Answer:
        fields = self.bot.widget(user) | changes
        return self.owner.nobody.post("/auth/telegram", {"salonSlug": self.slug, **fields})

    def by_mini_app(self, user: TelegramUser, **changes: Any) -> Answer:
        form = {"salonSlug": self.slug, "initData": self.bot.init_data(user)} | changes
        return self.owner.nobody.post("/auth/telegram", form)

    def link(self, account: Account, user: TelegramUser) -> Answer:
        return account.first.api.post("/auth/telegram/link", {"salonSlug": self.slug, **self.bot.widget(user)})


@pytest.fixture(scope="module")
def bot_api(settings: dict[str, str]) -> ControlClient:
    """Telegram, as far as bots can see it."""
    return ControlClient(settings["TELEGRAM_API_URL"])


def open_salon(api: Api, bot_api: ControlClient) -> Salon:
    owner, bot, slug = open_account(api), Bot(), f"heron-{secrets.token_hex(6)}"
    bot_api.add_bot(bot.token, first_name="Salon Heron", username=bot.username)
    form = {"name": "Salon Heron", "slug": slug, "timezone": "Europe/Berlin", "currency": "EUR"}
    assert owner.first.api.post("/salons", form).status == 201
    channel = owner.first.api.post("/channels", {"type": "TELEGRAM", "name": "Bot", "botToken": bot.token}).data
    return Salon(owner, slug, bot, channel["id"])


@pytest.fixture(scope="module")
def salon(api: Api, bot_api: ControlClient) -> Salon:
    return open_salon(api, bot_api)


def test_a_bot_is_connected_asked_and_let_go(api: Api, bot_api: ControlClient, settings: dict[str, str]) -> None:
    salon = open_salon(api, bot_api)
    path = f"/channels/{salon.channel_id}"
    connected = salon.api.post(f"{path}/connect", {}).data
    assert (connected["status"], connected["botUsername"]) == ("CONNECTED", salon.bot.username)
    webhook = bot_api.bot(salon.bot.token)["webhook"]
    assert webhook["url"] == f"{settings['PUBLIC_URL']}/api/v1/telegram/webhook/{salon.channel_id}"
    assert webhook["secret_token"]
    assert salon.api.get(f"{path}/status").data["status"] == "CONNECTED"
    assert salon.bot.token not in str([connected, salon.api.get("/channels").data, salon.api.get("/audit-log").data])

    bot_api.set_token(salon.bot.token, "revoked")
    refused = salon.api.post(f"{path}/connect", {})
    assert (refused.status, refused.code) == (422, "tenants.credentials_refused")
    bot_api.set_token(salon.bot.token, "active")
    assert salon.api.post(f"{path}/disconnect", {}).data["status"] == "DISCONNECTED"
    assert bot_api.bot(salon.bot.token)["webhook"]["url"] == ""


@pytest.mark.parametrize("way", [Salon.by_widget, Salon.by_mini_app], ids=["widget", "mini app"])
def test_somebody_new_becomes_a_customer_and_stays_the_same_one(salon: Salon, way: Any) -> None:
    anna = TelegramUser()
    first, again = (SignIn.of(salon.owner.nobody, way(salon, anna).data) for _ in range(2))
    me = first.me().data
    assert (me["user"]["role"], me["user"]["name"], me["user"]["email"]) == ("CUSTOMER", "Анна O'Neil", None)
    assert (me["user"]["telegramLinked"], me["tenant"]["id"]) == (True, salon.owner.first.told["tenant"]["id"])
    assert again.user_id == first.user_id
    assert first.api.get("/conversations").code == "gateway.role_forbids"
    assert first.goes_on()
    platforms = {each["platform"] for each in again.api.get("/auth/sessions").data["sessions"]}
    assert platforms == {"MINI_APP" if way is Salon.by_mini_app else "WEB"}


def test_the_same_person_comes_by_either_way(salon: Salon) -> None:
    anna = TelegramUser()
    assert salon.by_widget(anna).data["user"]["id"] == salon.by_mini_app(anna).data["user"]["id"]


def test_what_telegram_has_not_signed_just_now_for_this_bot_is_refused(salon: Salon) -> None:
    anna = TelegramUser()
    refusals = [
        salon.by_widget(anna, id=anna.id + 1),
        salon.by_widget(anna, is_owner="1"),
        salon.by_widget(anna, hash="0" * 64),
        salon.by_widget(anna, **salon.bot.widget(anna, age=24 * 3600)),
        salon.by_widget(anna, **Bot().widget(anna)),
        salon.by_mini_app(anna, initData=Bot().init_data(anna)),
        salon.by_mini_app(anna, initData=salon.bot.init_data(anna, age=24 * 3600)),
        salon.by_mini_app(anna, initData=salon.bot.init_data(anna) + "&auth_date=1"),
    ]
    assert [(refused.status, refused.code) for refused in refusals] == [(401, "tenants.telegram_login_refused")] * 8


def test_the_widget_s_fields_are_good_once(salon: Salon) -> None:
    fields = salon.bot.widget(TelegramUser())
    assert salon.owner.nobody.post("/auth/telegram", {"salonSlug": salon.slug, **fields}).status == 200
    stolen = salon.owner.nobody.post("/auth/telegram", {"salonSlug": salon.slug, **fields})
    assert (stolen.status, stolen.code) == (401, "tenants.telegram_login_refused")


def test_a_salon_that_is_not_there_has_no_login(salon: Salon) -> None:
    refused = salon.by_mini_app(TelegramUser(), salonSlug=f"{salon.slug}-x")
    assert (refused.status, refused.code) == (404, "tenants.salon_not_found")


def test_a_linked_account_is_signed_in_as_who_it_is_until_it_is_unlinked(salon: Salon, mailbox: Mailbox) -> None:
    colleague, stella = hire(salon.owner, mailbox, "STAFF"), TelegramUser("Stella")
    assert salon.link(colleague, stella).data["user"]["telegramLinked"] is True
    for way in (salon.by_widget, salon.by_mini_app):
        session = SignIn.of(salon.owner.nobody, way(stella).data)
        assert (session.user_id, session.told["user"]["role"]) == (colleague.first.user_id, "STAFF")
        assert session.api.get("/conversations").status == 200
    taken = salon.link(salon.owner, stella)
    assert (taken.status, taken.code) == (409, "auth.telegram_taken")

    unlinked = colleague.first.api.call("DELETE", "/auth/telegram/link")
    assert unlinked.data["user"]["telegramLinked"] is False
    stranger = salon.by_widget(stella).data["user"]
    assert (stranger["id"] != colleague.first.user_id, stranger["role"]) == (True, "CUSTOMER")


def test_who_has_no_other_way_in_keeps_telegram(salon: Salon) -> None:
    customer = SignIn.of(salon.owner.nobody, salon.by_widget(TelegramUser()).data)
    refused = customer.api.call("DELETE", "/auth/telegram/link")
    assert (refused.status, refused.code) == (409, "auth.telegram_needed")


def test_another_business_s_bot_links_nobody(api: Api, salon: Salon) -> None:
    refused = salon.link(open_account(api), TelegramUser())
    assert (refused.status, refused.code) == (404, "tenants.salon_not_found")
