"""What Telegram signs for a bot: the fields of its Login Widget, and the start data of a Mini App.

Written after Telegram's description, not after the product.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.e2e.business import new_digits


@dataclass(frozen=True)
class TelegramUser:
    """Somebody with Telegram."""

    first_name: str = "Анна"
    last_name: str = "O'Neil"
    id: int = field(default_factory=lambda: int(new_digits(10)))


@dataclass(frozen=True)
class Bot:
    """A bot that BotFather has made: who has its token can sign."""

    username: str = "heron_salon_bot"
    token: str = field(default_factory=lambda: f"{new_digits(10)}:AA{secrets.token_hex(16)}")

    def widget(self, user: TelegramUser, age: float = 0) -> dict[str, Any]:
        """What the widget hands to the page; `age` is in seconds."""
        fields: dict[str, Any] = {
            "id": user.id,
            "first_name": user.first_name,
            "last_name": user.last_name,
            "auth_date": int(time.time() - age),
            "photo_url": f"https://t.me/i/userpic/320/{secrets.token_hex(8)}.jpg",
        }
        return fields | {"hash": _signature(fields, hashlib.sha256(self.token.encode()).digest())}

    def init_data(self, user: TelegramUser, age: float = 0) -> str:
        """`Telegram.WebApp.initData`."""
        person = {"id": user.id, "first_name": user.first_name, "last_name": user.last_name, "language_code": "ru"}
        fields = {
            "query_id": secrets.token_hex(8),
            "user": json.dumps(person, ensure_ascii=False, separators=(",", ":")),
            "auth_date": str(int(time.time() - age)),
            "signature": secrets.token_urlsafe(64),
        }
        key = hmac.digest(b"WebAppData", self.token.encode(), "sha256")
        return urlencode(fields | {"hash": _signature(fields, key)})


def _signature(fields: dict[str, Any], key: bytes) -> str:
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    return hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()
