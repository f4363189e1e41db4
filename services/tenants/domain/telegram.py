"""What Telegram signs: logins by its widget and by Mini Apps. Times are seconds since 1970."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from services.common.contracts.tenants import TelegramLoginRefused

_WIDGET_SECONDS = 10 * 60
_MINI_APP_SECONDS = 60 * 60
_AHEAD_SECONDS = 60
_MOST_FIELDS = 50
_LONGEST_NUMBER = 20


class Person(NamedTuple):
    """Who signed in, as Telegram says."""

    telegram_id: str
    first_name: str
    last_name: str | None
    username: str | None
    language_code: str | None
    proof: str
    expires_at: float


def check_login(widget: Mapping[str, Any] | None, init_data: str | None, bot_token: str, now: float) -> Person:
    """The person behind exactly one of the two. Raises `TelegramLoginRefused` for whatever is wrong."""
    if widget is not None and init_data is None:
        return check_widget(widget, bot_token, now)
    if init_data is not None and widget is None:
        return check_init_data(init_data, bot_token, now)
    raise TelegramLoginRefused


def check_widget(fields: Mapping[str, Any], bot_token: str, now: float) -> Person:
    """The person behind the Login Widget's fields. Raises `TelegramLoginRefused` for whatever is wrong."""
    if any(isinstance(value, dict | list | float | bool) for value in fields.values()):
        raise TelegramLoginRefused
    texts = {name: str(value) for name, value in fields.items() if value is not None}
    key = hashlib.sha256(bot_token.encode()).digest()
    proof = _checked(texts, key)
    return _person(texts, proof, _expiry(texts, _WIDGET_SECONDS, now))


def check_init_data(init_data: str, bot_token: str, now: float) -> Person:
    """The person behind a Mini App's query string. Raises `TelegramLoginRefused` for whatever is wrong."""
    texts = _pairs(init_data)
    key = hmac.digest(b"WebAppData", bot_token.encode(), "sha256")
    proof = _checked(texts, key)
    expires_at = _expiry(texts, _MINI_APP_SECONDS, now)
    return _person(_user(texts), proof, expires_at)


def _pairs(init_data: str) -> dict[str, str]:
    """A key that comes twice is refused: two readers could take it for two different things."""
    try:
        pairs = parse_qsl(init_data, keep_blank_values=True, strict_parsing=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise TelegramLoginRefused from error
    texts = dict(pairs)
    if len(texts) != len(pairs):
        raise TelegramLoginRefused
    return texts


def _checked(texts: Mapping[str, str], key: bytes) -> str:
    """Everything but the hash is signed, `signature` and fields of the future included.

    A line break in a part would let one signed text be read as different fields; Telegram sends none.
    """
    if any("\n" in part for pair in texts.items() for part in pair):
        raise TelegramLoginRefused
    given = texts.get("hash", "").encode()
    lines = "\n".join(f"{name}={texts[name]}" for name in sorted(texts) if name != "hash")
    expected = hmac.new(key, lines.encode(errors="surrogatepass"), "sha256").hexdigest()
    if not hmac.compare_digest(given, expected.encode()):
        raise TelegramLoginRefused
    return expected


def _expiry(texts: Mapping[str, str], seconds: int, now: float) -> float:
    at = texts.get("auth_date", "")
    if not (at.isascii() and at.isdecimal() and len(at) <= _LONGEST_NUMBER):
        raise TelegramLoginRefused
    if not now - seconds <= int(at) <= now + _AHEAD_SECONDS:
        raise TelegramLoginRefused
    return float(int(at) + seconds)


def _user(texts: Mapping[str, str]) -> dict[str, Any]:
    """Launched from some places a Mini App says nothing of who uses it."""
    try:
        user = json.loads(texts.get("user", ""))
    except ValueError as error:
        raise TelegramLoginRefused from error
    if not isinstance(user, dict):
        raise TelegramLoginRefused
    return user


def _person(user: Mapping[str, Any], proof: str, expires_at: float) -> Person:
    telegram_id = str(user.get("id", ""))
    if not (telegram_id.isascii() and telegram_id.isdecimal() and len(telegram_id) <= _LONGEST_NUMBER):
        raise TelegramLoginRefused
    return Person(
        telegram_id=telegram_id,
        first_name=_text(user, "first_name") or "",
        last_name=_text(user, "last_name"),
        username=_text(user, "username"),
        language_code=_text(user, "language_code"),
        proof=proof,
        expires_at=expires_at,
    )


def _text(user: Mapping[str, Any], name: str) -> str | None:
    value = user.get(name)
    return value.replace("\x00", "") or None if isinstance(value, str) else None
