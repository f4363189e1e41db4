"""Envelope encryption of stored secrets: AES-256-GCM under a key of the value's own, wrapped by a key-encryption key.

A sealed value names the key that wraps it, so keys are rotated by adding one, making it the first, and re-wrapping
rows at leisure; the data itself is not encrypted anew. It is bound to its place: copied to another row, column or
tenant, or changed in a single bit, it does not open.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = "v1"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class SealError(Exception):
    """A sealed value that does not open here: changed, moved, or wrapped by a key that this process does not have."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lives."""

    tenant_id: str
    table: str
    column: str
    row_id: str

    def __post_init__(self) -> None:
        if any("|" in part for part in (self.tenant_id, self.table, self.column, self.row_id)):
            msg = "the parts of a place must not contain '|'"
            raise ValueError(msg)

    def bound_to(self, *more: str) -> bytes:
        """The additional authenticated data."""
        return "|".join((*more, self.tenant_id, self.table, self.column, self.row_id)).encode()


class _Parts(NamedTuple):
    kid: str
    wrapped: bytes
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The key-encryption keys by id. New values are sealed with the active one; all of them open."""

    active: str
    _keys: Mapping[str, AESGCM] = field(repr=False)

    @classmethod
    def from_setting(cls, text: str) -> KeyRing:
        """Read `kid:base64,kid2:base64`; the first is active. Raises `ValueError` without telling the key."""
        keys: dict[str, AESGCM] = {}
        for entry in filter(None, (part.strip() for part in text.split(","))):
            kid, _, encoded = entry.partition(":")
            if not kid or "." in kid or "|" in kid or kid in keys:
                msg = f"{kid!r} is no usable key id"
                raise ValueError(msg)
            keys[kid] = AESGCM(_key_of(kid, encoded))
        if not keys:
            msg = "there must be at least one key"
            raise ValueError(msg)
        return cls(next(iter(keys)), keys)

    def seal(self, secret: str, place: Place) -> str:
        """`v1.<kid>.<wrapped key>.<ciphertext>`, different each time."""
        key = os.urandom(_KEY_BYTES)
        ciphertext = _encrypt(AESGCM(key), secret.encode(), place.bound_to(_VERSION))
        return self._wrap(key, ciphertext, place)

    def open(self, sealed: str, place: Place) -> str:
        """The secret. Raises `SealError`; what was tampered with is never returned."""
        parts = _split(sealed)
        key = self._unwrap(parts, place)
        return _decrypt(AESGCM(key), parts.ciphertext, place.bound_to(_VERSION)).decode()

    def rewrap(self, sealed: str, place: Place) -> str:
        """The same secret under the active key."""
        parts = _split(sealed)
        return self._wrap(self._unwrap(parts, place), parts.ciphertext, place)

    def needs_rewrap(self, sealed: str) -> bool:
        """Whether another key than the active one wraps it."""
        return _split(sealed).kid != self.active

    def _wrap(self, key: bytes, ciphertext: bytes, place: Place) -> str:
        wrapped = _encrypt(self._keys[self.active], key, place.bound_to(_VERSION, self.active))
        return ".".join((_VERSION, self.active, _encode(wrapped), _encode(ciphertext)))

    def _unwrap(self, parts: _Parts, place: Place) -> bytes:
        wrapping = self._keys.get(parts.kid)
        if wrapping is None:
            msg = f"no key {parts.kid!r}"
            raise SealError(msg)
        return _decrypt(wrapping, parts.wrapped, place.bound_to(_VERSION, parts.kid))


def _key_of(kid: str, encoded: str) -> bytes:
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _KEY_BYTES:
        msg = f"key {kid!r} is not {_KEY_BYTES} bytes in base64"
        raise ValueError(msg)
    return key


def _split(sealed: str) -> _Parts:
    try:
        version, kid, wrapped, ciphertext = sealed.split(".")
        if version != _VERSION:
            msg = f"unknown version {version!r}"
            raise SealError(msg)
        return _Parts(kid, _decode(wrapped), _decode(ciphertext))
    except ValueError as error:
        msg = "not a sealed value"
        raise SealError(msg) from error


def _encrypt(cipher: AESGCM, plain: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plain, bound_to)


def _decrypt(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError) as error:
        msg = "the value was changed, or belongs to another place"
        raise SealError(msg) from error


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if _encode(raw) != text:  # the decoder passes over what it does not know: one value must have one spelling
        msg = "not base64"
        raise ValueError(msg)
    return raw
