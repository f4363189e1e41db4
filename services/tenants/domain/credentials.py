"""What a provider issues for a channel: its ids and its secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import ChannelType
from services.tenants.domain.refusals import refused

_VISIBLE = re.compile(r"[!-~]+")
_BOT_TOKEN = re.compile(r"([0-9]{3,20}):[A-Za-z0-9_-]{20,100}")
_HINT_LENGTH = 4
_SHORT_SECRET = 12
_MASK = "••••"

NEEDED = {
    ChannelType.WHATSAPP_CLOUD: ("phoneNumberId", "businessAccountId", "accessToken"),
    ChannelType.TELEGRAM: ("botToken",),
}


def check_parts(channel_type: ChannelType, given: Mapping[str, str | None]) -> None:
    """Raise naming every part that this kind of channel needs and lacks, or does not have."""
    needed = NEEDED[channel_type]
    strangers = {name: f"A {channel_type.value} channel has none." for name in given if name not in needed}
    reasons = {name: reason for name, reason in strangers.items() if given[name] is not None}
    reasons |= faults_of({name: given.get(name) for name in needed})
    raise_for(reasons)


def faults_of(parts: Mapping[str, str | None]) -> dict[str, str]:
    """Every part that is missing, or that no provider can have issued: it went wrong while copying."""
    return {name: reason for name, value in parts.items() if (reason := _fault_of(value))}


def raise_for(reasons: Mapping[str, str]) -> None:
    """Raise naming all fields that have a reason against them."""
    if reasons:
        raise Invalid(f"Some values are refused: {', '.join(sorted(reasons))}.", dict(reasons))


def _fault_of(value: str | None) -> str | None:
    if not value:
        return "Missing data for required field."
    return None if _VISIBLE.fullmatch(value) else "Must not contain spaces or other than ASCII characters."


def bot_id_of(token: str) -> str:
    """The bot that a token belongs to, which is its first part. Raises for what is no bot token."""
    match = _BOT_TOKEN.fullmatch(token)
    if match is None:
        raise refused("botToken", "Must be a bot token as BotFather gives it, digits:letters.")
    return match[1]


def hint_of(secret: str) -> str:
    """What may be shown of a secret: its end, or nothing where that would be much of it."""
    return secret[-_HINT_LENGTH:] if len(secret) >= _SHORT_SECRET else ""


def masked(hint: str) -> str:
    """A secret as it is shown."""
    return _MASK + hint


def is_masked(value: str) -> bool:
    """Whether a value is a secret as it is shown, sent back by who does not want to change it."""
    return value.startswith(_MASK)


def provider_id(phone_number_id: str | None, business_account_id: str | None) -> dict[str, str]:
    """The one provider's id that was given, by name. Raises unless it is exactly one."""
    given = {"phone_number_id": phone_number_id, "business_account_id": business_account_id}
    known = {name: value for name, value in given.items() if value is not None}
    if len(known) != 1:
        raise refused("phoneNumberId", "Give either phoneNumberId or businessAccountId.")
    return known
