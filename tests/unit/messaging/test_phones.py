"""One person's number in all its writings is one key; two persons' numbers never are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.contracts.errors import Invalid
from services.messaging.domain.phones import Address, parse_address, phone_key, shown_phone


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5511971234567", "551171234567"),  # Brazil: with and without the ninth digit
        ("+55 (11) 97123-4567", "551171234567"),
        ("5493512345678", "543512345678"),  # Argentina: with and without the 9 of mobiles
        ("5215512345678", "525512345678"),  # Mexico: with and without the former 1
        ("+1 650-555-1234", "16505551234"),
    ],
)
def test_writings_of_one_number_are_one(one: str, other: str) -> None:
    assert phone_key(one) == phone_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("551131234567", "5511931234567"),  # a landline of São Paulo, and a mobile that looks like it with a nine
        ("16505551234", "16505551235"),
        ("521234567", "5211234567"),  # too short for Mexico
        ("541123456", "5491123456"),
    ],
)
def test_different_numbers_stay_different(one: str, other: str) -> None:
    assert phone_key(one) != phone_key(other)


@given(st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True))
def test_a_key_is_its_own_key(digits: str) -> None:
    key = phone_key(digits)
    assert key is not None
    assert phone_key(key) == key
    assert phone_key(f"+{digits}") == key


@given(st.text(max_size=40))
def test_any_text_has_a_key_or_none(text: str) -> None:
    key = phone_key(text)
    assert key is None or key != ""


@pytest.mark.parametrize(
    "written",
    [
        "+16505551234",
        "16505551234",
        "+1 (650) 555-1234",
        "001 650 555 1234",
        " 1.650.555.1234 ",
        "+1\u2011650\u2011555\u20111234",
    ],
)
def test_a_recipient_may_be_written_in_any_common_way(written: str) -> None:
    assert parse_address(written) == Address(digits="16505551234")


def test_a_recipient_may_be_a_user_id() -> None:
    assert parse_address("US.13491208655302741918") == Address(user_id="US.13491208655302741918")
    assert parse_address("US.ENT.118157992128868") == Address(user_id="US.ENT.118157992128868")


@pytest.mark.parametrize(
    "text", ["", "hello", "12345", "0650555123", "+0123456789", "1" * 16, "US.", "us.123", "+1650x"]
)
def test_anything_else_is_no_recipient(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_address(text)
    assert "to" in refused.value.details


def test_only_numbers_are_shown_as_numbers() -> None:
    assert shown_phone("5511971234567") == "+5511971234567"
    assert shown_phone("+1 555-078-3881") == "+15550783881"
    assert shown_phone("<WA_ID>") is None
    assert shown_phone(None) is None
