"""Examples for the API document, made from the contracts where these give none of their own."""

from __future__ import annotations

import enum
import typing
from datetime import date, datetime
from typing import Any, get_args

from services.common.contracts import codec
from services.common.contracts.base import Message
from services.common.contracts.schema import Documented
from services.common.contracts.types import Id

_ID = "01936f2e-8a4b-7c3d-9e5f-0a1b2c3d4e5f"
(_ID_MARK,) = get_args(Id)[1:]
_BY_NAME: dict[str, Any] = {
    "name": "Rosa Mitte",
    "slug": "rosa-mitte",
    "email": "rosa@salon.example",
    "phone": "+4930123456",
    "phoneNumber": "+4915112345678",
    "from": "+4915112345678",
    "to": "+16505551234",
    "timezone": "Europe/Berlin",
    "locale": "de",
    "currency": "EUR",
    "city": "Berlin",
    "country": "DE",
    "line1": "Rosenstraße 1",
    "token": "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IjEifQ…",
    "refreshToken": "rt_01936f2e…",
    "expiresIn": 900,
    "permissions": ["messages:read", "messages:write"],
    "openingHours": {"mon": [["09:00", "18:00"]]},
    "content": {"text": "See you at ten."},
    "page": 1,
    "limit": 50,
    "total": 1,
    "totalPages": 1,
    "nextCursor": None,
    "nextBooking": None,
    "error": None,
    "version": 1,
    "deliveryRate": 98.5,
    "phoneNumberId": "106540352242922",
    "businessAccountId": "102290129340398",
    "externalId": "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI5",
    "type": None,
}
_BY_TYPE: dict[Any, Any] = {
    str: "text",
    int: 1,
    float: 1.0,
    bool: True,
    Any: {},
    datetime: "2026-01-15T09:00:00Z",
    date: "2026-01-15",
}


def of_view(cls: type[Message]) -> Any:
    """The class's own example, or one made from its fields."""
    if cls.EXAMPLE is not None:
        return cls.EXAMPLE
    return {member.key: _of_member(member) for member in codec.members(cls)}


def of_request(cls: type[Message]) -> dict[str, Any]:
    """The fields that a caller must send."""
    found = codec.members(cls)
    return {member.key: _of_member(member) for member in found if codec.is_required(member.field)} or {
        member.key: _of_member(member) for member in found[:1]
    }


def _of_member(member: codec.Member) -> Any:
    told = _told(member.marks)
    if told is not None:
        return told
    named = _BY_NAME.get(member.key)
    if named is not None and (member.hint is str or not isinstance(named, str)) and not _is_enum(member.hint):
        return named
    if member.key in _BY_NAME and member.nullable:
        return None
    if _ID_MARK in member.marks:
        return _ID
    return _of_hint(member.hint)


def _of_hint(hint: Any) -> Any:
    hint, _, marks = codec.peel(hint)
    told = _ID if _ID_MARK in marks else _told(marks)
    if told is not None:
        return told
    origin = typing.get_origin(hint)
    if origin in (list, tuple):
        return [_of_hint(typing.get_args(hint)[0])]
    if origin is dict or hint is dict:
        return {}
    if isinstance(hint, type) and issubclass(hint, Message):
        return of_view(hint)
    if _is_enum(hint):
        return next(iter(hint)).value
    return _BY_TYPE.get(hint)


def _told(marks: tuple[Any, ...]) -> Any:
    """The example that an annotation gives."""
    told = (mark.metadata.get("example") for mark in marks if isinstance(mark, Documented))
    return next((example for example in told if example is not None), None)


def _is_enum(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, enum.Enum)
