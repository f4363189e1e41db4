"""What Telegram signs, against published and computed vectors."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from services.common.contracts.tenants import TelegramLoginRefused
from services.tenants.domain import telegram

_BESIDE = Path(__file__).resolve().parents[4] / "shared" / "fixtures"
VECTORS = Path(os.environ.get("FRONTDESK_FIXTURES", _BESIDE)) / "vectors" / "telegram_vectors.json"
NOW = 1_700_000_000.0

pytestmark = pytest.mark.skipif(not VECTORS.exists(), reason="the vectors are not there")


@pytest.fixture
def vectors() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return read


def widget_of(vectors: dict[str, Any], name: str = "login_widget") -> dict[str, Any]:
    return {**vectors[name]["fields"], "hash": vectors[name]["hash"]}


@pytest.mark.parametrize("name", ["login_widget", "login_widget_minimal"])
def test_a_widget_that_telegram_signed_is_a_person(vectors: dict[str, Any], name: str) -> None:
    person = telegram.check_login(widget_of(vectors, name), None, vectors["bot_token"], NOW)
    assert (person.telegram_id, person.first_name) == ("987654321", "Анна")
    assert (person.proof, person.expires_at) == (vectors[name]["hash"], NOW + 600)


def test_numbers_may_come_as_numbers(vectors: dict[str, Any]) -> None:
    fields = widget_of(vectors) | {"id": 987654321, "auth_date": 1700000000}
    assert telegram.check_widget(fields, vectors["bot_token"], NOW).last_name == "O'Neil"


@pytest.mark.parametrize("name", ["mini_app", "mini_app_no_signature"])
def test_a_mini_app_that_telegram_signed_is_a_person(vectors: dict[str, Any], name: str) -> None:
    person = telegram.check_login(None, vectors[name]["init_data"], vectors["bot_token"], NOW)
    assert person.proof == vectors[name]["hash"]
    assert person.expires_at == NOW + 3600
    if name == "mini_app":
        assert (person.telegram_id, person.username, person.language_code) == ("987654321", "anna_test", "ru")
        assert person.last_name is None


@pytest.mark.parametrize(
    "change",
    [
        {"id": "987654322"},
        {"first_name": "Anna"},
        {"hash": "0" * 64},
        {"hash": "é"},
        {"hash": None},
        {"next": "/admin"},
        {"photo_url": None},
        {"id": True},
        {"id": {"a": 1}},
        {"first_name": "Анна\nid=1"},
    ],
)
def test_a_widget_that_was_changed_is_refused(vectors: dict[str, Any], change: dict[str, Any]) -> None:
    with pytest.raises(TelegramLoginRefused):
        telegram.check_widget(widget_of(vectors) | change, vectors["bot_token"], NOW)


def test_the_hash_in_capitals_is_refused(vectors: dict[str, Any]) -> None:
    with pytest.raises(TelegramLoginRefused):
        telegram.check_widget(
            widget_of(vectors) | {"hash": vectors["login_widget"]["hash"].upper()}, vectors["bot_token"], NOW
        )


@pytest.mark.parametrize("seconds", [601, -61, 10**6])
def test_a_widget_is_good_for_ten_minutes(vectors: dict[str, Any], seconds: int) -> None:
    telegram.check_widget(widget_of(vectors), vectors["bot_token"], NOW + 600)
    telegram.check_widget(widget_of(vectors), vectors["bot_token"], NOW - 60)
    with pytest.raises(TelegramLoginRefused):
        telegram.check_widget(widget_of(vectors), vectors["bot_token"], NOW + seconds)


def test_init_data_is_good_for_an_hour(vectors: dict[str, Any]) -> None:
    init_data = vectors["mini_app"]["init_data"]
    telegram.check_init_data(init_data, vectors["bot_token"], NOW + 3600)
    for now in (NOW + 3601, NOW - 61):
        with pytest.raises(TelegramLoginRefused):
            telegram.check_init_data(init_data, vectors["bot_token"], now)


def test_init_data_without_its_signature_is_refused(vectors: dict[str, Any]) -> None:
    pairs = [pair for pair in parse_qsl(vectors["mini_app"]["init_data"]) if pair[0] != "signature"]
    with pytest.raises(TelegramLoginRefused):
        telegram.check_init_data(urlencode(pairs), vectors["bot_token"], NOW)


def test_a_key_twice_is_refused(vectors: dict[str, Any]) -> None:
    init_data = vectors["mini_app"]["init_data"]
    for twice in (init_data + "&chat_type=private", "auth_date=1700000000&" + init_data, init_data + "&hash=0"):
        with pytest.raises(TelegramLoginRefused):
            telegram.check_init_data(twice, vectors["bot_token"], NOW)


@pytest.mark.parametrize("garbage", ["", "x", "=", "hash=", "a=1&hash=00", "%", "user=%7B&hash=0", "&" * 100])
def test_garbage_is_refused(vectors: dict[str, Any], garbage: str) -> None:
    with pytest.raises(TelegramLoginRefused):
        telegram.check_init_data(garbage, vectors["bot_token"], NOW)


def test_another_bots_token_is_refused(vectors: dict[str, Any]) -> None:
    with pytest.raises(TelegramLoginRefused):
        telegram.check_widget(widget_of(vectors), vectors["bot_token"] + "x", NOW)


def test_exactly_one_of_the_two_forms_is_taken(vectors: dict[str, Any]) -> None:
    for widget, init_data in ((None, None), (widget_of(vectors), vectors["mini_app"]["init_data"])):
        with pytest.raises(TelegramLoginRefused):
            telegram.check_login(widget, init_data, vectors["bot_token"], NOW)
