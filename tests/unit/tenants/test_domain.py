"""Rules of tenants, salons and channels."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import ChannelType, PlanCode, PlanLimit
from services.tenants.domain import credentials, currencies, places, plans, slugs

TOKEN = "019a0000-0000-7000-8000-0000deadbeef"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Salon Rosa", "salon-rosa"),
        ("  Rosa & Söhne, Mitte! ", "rosa-and-sohne-mitte"),
        ("Straße 7", "strasse-7"),
        ("Joe's", "joes"),
        ("Красота и Щёлк", "krasota-i-shchyolk"),
        ("Київ", "kiyiv"),
        ("美容院", "tenant"),
        ("---", "tenant"),
        ("a" * 80, "a" * 63),
    ],
)
def test_a_slug_is_the_name_in_letters_of_an_address(name: str, slug: str) -> None:
    assert slugs.slug_of(name, "tenant") == slug


@given(st.text(max_size=200))
def test_every_candidate_is_a_slug(name: str) -> None:
    candidates = list(slugs.slug_candidates(name, "tenant", TOKEN))
    assert all(re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", slug) for slug in candidates)
    assert len(set(candidates)) == len(candidates)


def test_candidates_are_numbered_then_the_rows_own() -> None:
    candidates = list(slugs.slug_candidates("Rosa", "tenant", TOKEN))
    assert list(islice(candidates, 3)) == ["rosa", "rosa-2", "rosa-3"]
    assert candidates[-2:] == ["rosa-deadbeef", f"rosa-{TOKEN.replace('-', '')}"]


@pytest.mark.parametrize("name", ["Europe/Berlin", "Asia/Kathmandu", "UTC", "America/Argentina/Ushuaia"])
def test_an_iana_zone_is_taken(name: str) -> None:
    places.check_timezone(name)


@pytest.mark.parametrize("name", ["", "Berlin", "europe/berlin", "+02:00", "../etc/passwd", "localtime", "Factory"])
def test_another_name_is_not_a_zone(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        places.check_timezone(name)
    assert set(caught.value.details) == {"timezone"}


@pytest.mark.parametrize("locale", ["de", "pt-BR", "zh-Hant-TW"])
def test_a_language_tag_is_a_locale(locale: str) -> None:
    places.check_locale(locale)


@pytest.mark.parametrize("locale", ["", "German", "de_DE", "de-"])
def test_another_text_is_not_a_locale(locale: str) -> None:
    with pytest.raises(Invalid):
        places.check_locale(locale)


@pytest.mark.parametrize(
    "hours",
    [
        {},
        {"sun": []},
        {"mon": [["09:00", "13:00"], ["14:00", "18:00"]]},
        {"tue": [["09:00", "13:00"], ["13:00", "24:00"]]},
        {"wed": [["00:00", "24:00"]]},
    ],
)
def test_windows_in_order_and_apart_are_opening_hours(hours: dict[str, Any]) -> None:
    places.check_opening_hours(hours)


@pytest.mark.parametrize(
    ("hours", "path"),
    [
        ({"monday": []}, "openingHours.monday"),
        ({"mon": [["09:00"]]}, "openingHours.mon.0"),
        ({"mon": [["9:00", "10:00"]]}, "openingHours.mon.0.0"),
        ({"mon": [["24:00", "24:00"]]}, "openingHours.mon.0.0"),
        ({"mon": [["09:00", "24:01"]]}, "openingHours.mon.0.1"),
        ({"mon": [["09:00", "09:60"]]}, "openingHours.mon.0.1"),
        ({"mon": [["09:00", "12:00\n"]]}, "openingHours.mon.0.1"),
        ({"mon": [["09:00", "09:00"]]}, "openingHours.mon.0"),
        ({"mon": [["18:00", "09:00"]]}, "openingHours.mon.0"),
        ({"mon": [["09:00", "13:00"], ["12:59", "18:00"]]}, "openingHours.mon.1"),
        ({"tue": [["14:00", "18:00"], ["09:00", "13:00"]]}, "openingHours.tue.1"),
    ],
)
def test_other_hours_are_refused_by_their_path(hours: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as caught:
        places.check_opening_hours(hours)
    assert set(caught.value.details) == {path}


def test_every_faulty_part_of_the_credentials_is_named() -> None:
    good = {"phoneNumberId": "106540352242922", "businessAccountId": "1", "accessToken": "EAAG|x_-."}
    credentials.check_parts(ChannelType.WHATSAPP_CLOUD, good)
    with pytest.raises(Invalid) as caught:
        credentials.check_parts(
            ChannelType.WHATSAPP_CLOUD,
            {"phoneNumberId": None, "businessAccountId": " 1", "accessToken": "EAAG\n", "botToken": "1:A"},
        )
    assert set(caught.value.details) == {"phoneNumberId", "businessAccountId", "accessToken", "botToken"}


def test_a_bot_has_a_token_alone() -> None:
    credentials.check_parts(ChannelType.TELEGRAM, {"phoneNumberId": None, "botToken": "1:A"})
    with pytest.raises(Invalid) as caught:
        credentials.check_parts(ChannelType.TELEGRAM, {"phoneNumberId": "1", "botToken": None})
    assert set(caught.value.details) == {"phoneNumberId", "botToken"}


def test_a_bot_is_known_by_its_token() -> None:
    assert credentials.bot_id_of("7000000001:AAFakeTokenForOfflineTestsOnly_0000000") == "7000000001"
    for wrong in ("7000000001", "7000000001:short", "bot:AAFakeTokenForOfflineTestsOnly_0000000", ""):
        with pytest.raises(Invalid):
            credentials.bot_id_of(wrong)


def test_a_secret_as_it_is_shown_is_recognised() -> None:
    assert credentials.is_masked(credentials.masked("1f3a"))
    assert not credentials.is_masked("EAAG1f3a")


@pytest.mark.parametrize(("plan", "limit"), [(PlanCode.BASIC, 5), (PlanCode.PRO, 20), (PlanCode.MAX, 40)])
def test_a_plan_limits_its_channels(plan: PlanCode, limit: int) -> None:
    plans.check_channel_limit(plan, limit - 1)
    with pytest.raises(PlanLimit) as caught:
        plans.check_channel_limit(plan, limit)
    assert caught.value.details["limit"] == str(limit)


@pytest.mark.parametrize(
    ("secret", "hint"), [("EAAGabcdefgh1f3a", "1f3a"), ("x" * 12, "xxxx"), ("x" * 11, ""), ("", "")]
)
def test_the_end_of_a_long_secret_may_be_shown(secret: str, hint: str) -> None:
    assert credentials.hint_of(secret) == hint


def test_a_channel_is_found_by_exactly_one_id() -> None:
    assert credentials.provider_id("1", None) == {"phone_number_id": "1"}
    assert credentials.provider_id(None, "2") == {"business_account_id": "2"}
    for both in (None, None), ("1", "2"):
        with pytest.raises(Invalid):
            credentials.provider_id(*both)


@pytest.mark.parametrize("slug", ["admin", "api", "www", "xn--80ak6aa92e", "ab--c"])
def test_a_slug_that_stands_for_something_else_is_refused(slug: str) -> None:
    with pytest.raises(Invalid) as caught:
        slugs.check_slug(slug)
    assert set(caught.value.details) == {"slug"}
    assert slug not in slugs.slug_candidates(slug, "tenant", TOKEN)


@pytest.mark.parametrize("slug", ["salon-rosa", "a", "1", "administrator", "a--b", "demo-company"])
def test_any_other_slug_is_taken(slug: str) -> None:
    slugs.check_slug(slug)


@pytest.mark.parametrize("code", ["ZZZ", "XAU", "BTC", "XXX"])
def test_a_currency_is_one_that_somebody_pays_with(code: str) -> None:
    places.check_known("UTC", currency="JPY")
    with pytest.raises(Invalid) as caught:
        places.check_known("UTC", currency=code)
    assert set(caught.value.details) == {"currency"}


def test_every_currency_has_three_letters() -> None:
    assert all(re.fullmatch("[A-Z]{3}", code) for code in currencies.CODES)


def test_a_day_has_a_dozen_windows_at_most() -> None:
    windows = [[f"{hour:02}:00", f"{hour:02}:30"] for hour in range(13)]
    places.check_opening_hours({"mon": windows[:12]})
    with pytest.raises(Invalid, match=r"openingHours\.mon"):
        places.check_opening_hours({"mon": windows})
