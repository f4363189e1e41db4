"""How a tenant wants things done: what is sent, as it is stored."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from services.common.contracts.base import UNSET, Unset
from services.common.contracts.tenants import QuietHours, UpdateSettings, WebhookChange
from services.tenants.domain.credentials import is_masked
from services.tenants.domain.refusals import refused

_VERIFY_TOKEN = re.compile(r"[!-~]{8,200}")


def stored(request: UpdateSettings) -> dict[str, Any]:
    """The columns that change. Raises for what could not be meant."""
    values: dict[str, Any] = {}
    if request.quiet_hours is not UNSET:
        values |= _quiet(request.quiet_hours)
    if request.reminder_times is not UNSET:
        values["reminder_times"] = _in_order(request.reminder_times)
    if request.require_mfa is not UNSET:
        values["require_mfa"] = request.require_mfa
    return values | _webhook(request.webhook_config)


def _quiet(hours: QuietHours | None) -> dict[str, Any]:
    """Hours without a length are refused: nobody could say whether they mean never or always."""
    if hours is None:
        return {"quiet_from": None, "quiet_to": None}
    if hours.from_ == hours.to:
        raise refused("quietHours.to", "Must differ from the beginning.")
    return {"quiet_from": hours.from_, "quiet_to": hours.to}


def _in_order(reminder_times: Sequence[int]) -> list[int]:
    return sorted(set(reminder_times), reverse=True)


def _webhook(change: WebhookChange | Unset) -> dict[str, Any]:
    if change is UNSET:
        return {}
    values: dict[str, Any] = {} if change.enabled is UNSET else {"webhook_enabled": change.enabled}
    token = change.verify_token
    if token is None:
        values["verify_token_hash"] = None
    elif token is not UNSET and not is_masked(token):
        values["verify_token_hash"] = _hash_of(token)
    return values


def _hash_of(token: str) -> str:
    if not _VERIFY_TOKEN.fullmatch(token):
        raise refused("webhookConfig.verifyToken", "Must be 8 to 200 visible ASCII characters.")
    return hashlib.sha256(token.encode()).hexdigest()
