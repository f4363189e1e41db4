"""E-mail addresses: how they are kept, and when two of them are the same."""

from __future__ import annotations

import hashlib
import unicodedata


def normalise(address: str) -> str:
    """The address as it is kept and written to: local part as received, domain in lower case."""
    clean = unicodedata.normalize("NFC", _encodable(address).strip())
    local, at, domain = clean.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def key_of(address: str) -> str:
    """What makes an address unique in the platform: nobody tells `Rosa@salon.example` from `rosa@salon.example`."""
    return normalise(address).lower()


def account_key(address: str) -> str:
    """The name under which failed sign-ins count. Addresses that nobody has registered leave no readable trace."""
    return hashlib.sha256(key_of(address).encode()).hexdigest()


def local_part(address: str) -> str:
    """What stands before the `@`."""
    return address.rpartition("@")[0]


def _encodable(text: str) -> str:
    # JSON may carry half of a surrogate pair, which has no UTF-8 form and would make PostgreSQL's driver raise.
    return text.encode("utf-8", "replace").decode()
