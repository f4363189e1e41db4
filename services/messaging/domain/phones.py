"""Phone numbers and user ids as WhatsApp writes them: which of them mean one person, and how to show them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from services.common.contracts.errors import Invalid

USER_ID = re.compile(r"^[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{1,128}$")
_SEPARATORS = re.compile(r"[\s\u00a0().\-/\u2010-\u2015]")
_E164_DIGITS = re.compile(r"^[1-9][0-9]{6,14}$")

_VARIANTS = (
    # Brazil: area, then eight digits of a mobile. What begins with 2 to 5 is a landline and has no ninth digit.
    (re.compile(r"^55(\d\d)([6-9]\d{7})$"), r"55\g<1>9\2"),
    (re.compile(r"^54([^9]\d{9})$"), r"549\1"),
    (re.compile(r"^521(\d{10})$"), r"52\1"),
)
"""Of each pair of writings, the one to be turned into the other."""


class Address(NamedTuple):
    """Whom a message is for: a phone number in digits, or a user id. One of the two."""

    digits: str | None = None
    user_id: str | None = None


@lru_cache(maxsize=20_000)
def phone_key(text: str) -> str | None:
    """What all writings of one person's number have in common; for matching only, never to send to.

    Brazil wrote mobile numbers without the ninth digit, Argentina's differ by a 9 and Mexico's by a 1 after the country
    code: the provider uses either form for the same person. Something that is not a number stands for itself.
    """
    digits = digits_of(text)
    if digits is None:
        return text.strip() or None
    for pattern, common in _VARIANTS:
        if pattern.match(digits):
            return pattern.sub(common, digits)
    return digits


def digits_of(text: str) -> str | None:
    """The bare digits of an international number in any common writing, or None when it is none."""
    bare = _SEPARATORS.sub("", text)
    bare = bare.removeprefix("+")
    return bare if bare.isascii() and bare.isdigit() else None


def shown_phone(wa_id: str | None) -> str | None:
    """E.164 with its plus sign, or None for an id that is no number."""
    digits = digits_of(wa_id) if wa_id else None
    return f"+{digits}" if digits else None


def is_user_id(text: str) -> bool:
    """Whether the text has the form of a business-scoped user id."""
    return USER_ID.match(text) is not None


def parse_address(text: str) -> Address:
    """Whom somebody meant by `to`. Raises `Invalid`."""
    stripped = text.strip()
    if is_user_id(stripped):
        return Address(user_id=stripped)
    digits = digits_of(stripped) or ""
    if digits.startswith("00") and not stripped.startswith("+"):
        digits = digits[2:]
    if not _E164_DIGITS.match(digits):
        reason = "Must be a phone number with its country code, such as +16505551234, or a WhatsApp user id."
        raise Invalid("Some values are refused: to.", {"to": reason})
    return Address(digits=digits)
