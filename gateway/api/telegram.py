"""Signing in by Telegram, and linking an account to somebody there.

The Login Widget's fields are signed as they are, whichever they are, so they pass through unopened; only ours are told
apart from them.
"""

from __future__ import annotations

from typing import Any

from gateway.access import CREDENTIALS, person
from gateway.arrival import session_id, user_agent
from gateway.resource import Resource
from services.common.contracts.auth import (
    BadCredentials,
    LinkTelegram,
    LockedOut,
    LoginWithTelegram,
    MfaNeeded,
    ProofNeeded,
    Role,
    TelegramNeeded,
    TelegramTaken,
    TenantSuspended,
    UnlinkTelegram,
)
from services.common.contracts.tenants import SalonUnknown, TelegramLoginRefused

telegram = Resource("telegram", "Signing in by Telegram.")

_ANY = person(Role.CUSTOMER, tenant_needed=False)
_OURS = frozenset({"salonSlug", "initData", "device", "widget", "code", "recoveryCode", "password"})
_TEXT = {"type": "string"}
_EXAMPLE = {
    "salonSlug": "rosa-mitte",
    "id": 987654321,
    "first_name": "Anna",
    "auth_date": 1700000000,
    "hash": "d9ae3b79c4a0f1",
}
_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["salonSlug"],
    "description": "The fields of Telegram's Login Widget as they came, or `initData` of a Mini App.",
    "properties": {
        "salonSlug": {**_TEXT, "description": "The salon whose bot it is."},
        "initData": {**_TEXT, "description": "`Telegram.WebApp.initData`, unchanged.", "maxLength": 8000},
        "id": {"type": "integer"},
        "first_name": _TEXT,
        "last_name": _TEXT,
        "username": _TEXT,
        "photo_url": _TEXT,
        "auth_date": {"type": "integer"},
        "hash": _TEXT,
    },
}
_PROOFS = {
    "code": {**_TEXT, "writeOnly": True, "description": "Of the second factor."},
    "recoveryCode": {**_TEXT, "writeOnly": True},
    "password": {**_TEXT, "format": "password", "writeOnly": True},
}
_DEVICE = {"device": {**_TEXT, "maxLength": 500, "description": "What the client calls itself."}}


def _with_widget(sent: dict[str, Any]) -> dict[str, Any]:
    """Put what is not ours aside as the widget's fields."""
    ours = {name: value for name, value in sent.items() if name in _OURS}
    theirs = {name: value for name, value in sent.items() if name not in _OURS}
    return {**ours, "widget": theirs} if theirs and "widget" not in ours else {**ours, **theirs}


telegram.route_to(
    LoginWithTelegram,
    "POST /auth/telegram",
    access=CREDENTIALS,
    refuses=(TelegramLoginRefused, BadCredentials, MfaNeeded, SalonUnknown, TenantSuspended),
    fallback={"device": user_agent},
    shape=_with_widget,
    body_schema={**_SCHEMA, "properties": {**_SCHEMA["properties"], **_DEVICE}},
    example=_EXAMPLE,
)
telegram.route_to(
    LinkTelegram,
    "POST /auth/telegram/link",
    access=_ANY,
    refuses=(TelegramLoginRefused, SalonUnknown, TelegramTaken, ProofNeeded, LockedOut),
    fixed={"sessionId": session_id},
    shape=_with_widget,
    body_schema={**_SCHEMA, "properties": {**_SCHEMA["properties"], **_PROOFS}},
    example=_EXAMPLE,
)
telegram.route_to(UnlinkTelegram, "DELETE /auth/telegram/link", access=_ANY, refuses=(TelegramNeeded,))
