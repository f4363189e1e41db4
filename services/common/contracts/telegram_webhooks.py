"""The secret that Telegram sends with each update, so that the gateway can tell ours without a look-up.

It is an HMAC of the channel's id under a key of the platform: `tenants` gives it to Telegram, the gateway makes it
anew.
"""

from __future__ import annotations

import hashlib
import hmac


def secret_of(channel_id: str, key: str) -> str:
    """For the header `X-Telegram-Bot-Api-Secret-Token`."""
    return hmac.new(key.encode(), f"telegram-webhook|{channel_id}".encode(), hashlib.sha256).hexdigest()


def is_secret_of(channel_id: str, key: str, given: bytes) -> bool:
    """In constant time; no key, no secret."""
    return bool(key) and hmac.compare_digest(secret_of(channel_id, key).encode(), given)
