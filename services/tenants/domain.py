"""Rules of tenants, salons and channels, on plain values."""

from __future__ import annotations

import re
import unicodedata
import zoneinfo
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from services.common.contracts.errors import Invalid
from services.common.contracts.tenants import ChannelType, PlanCode, PlanLimit

MAX_CHANNELS = {PlanCode.BASIC: 5, PlanCode.PRO: 20, PlanCode.MAX: 40}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_SLUG_LENGTH = 63
_NUMBERED = 9
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_VISIBLE = re.compile(r"[!-~]+")
_MIDNIGHT = "24:00"
_PAIR = 2
_HINT_LENGTH = 4
_SHORT_SECRET = 12
# On some systems the zone database lists these too; they name no place.
_NO_ZONES = frozenset({"localtime", "Factory"})

# Common romanisation, one line for each alphabet that names are written in here.
_CYRILLIC = dict(zip("абвгдезийклмнопрстуфыэ", "abvgdeziyklmnoprstufye", strict=True))
_CYRILLIC |= {"ё": "yo", "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch"}  # noqa: RUF001 - a letter
_CYRILLIC |= {"ъ": "", "ь": "", "ю": "yu", "я": "ya", "і": "i", "ї": "yi", "є": "ye", "ґ": "g"}  # noqa: RUF001 - a letter
_LETTERS = str.maketrans(_CYRILLIC | {"ß": "ss", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "&": " and "})


def slug_of(name: str, otherwise: str) -> str:
    """A name in letters of an address; `otherwise` where nothing of it can be written so."""
    latin = unicodedata.normalize("NFC", name).lower().translate(_LETTERS)
    ascii_only = unicodedata.normalize("NFKD", latin).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", ascii_only.replace("'", ""))
    return "-".join(words)[:_SLUG_LENGTH].strip("-") or otherwise


def slug_candidates(name: str, otherwise: str, token: str) -> Iterator[str]:
    """The slug of a name, then variants: numbered ones while few share the name, then ones that nobody else can have.

    `token` is random and the row's own, such as its id.
    """
    base = slug_of(name, otherwise)
    unique = token.replace("-", "")
    yield base
    for suffix in [*map(str, range(2, _NUMBERED + 1)), unique[-8:], unique]:
        yield f"{base[: _SLUG_LENGTH - len(suffix) - 1].rstrip('-')}-{suffix}"


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones()) - _NO_ZONES


def check_timezone(name: str) -> None:
    """Raise unless it is the name of an IANA time zone."""
    if name not in _zones():
        raise refused("timezone", "Must be an IANA time zone such as Europe/Berlin.")


def check_locale(locale: str) -> None:
    """Raise unless it has the form of a language tag."""
    if not _LOCALE.fullmatch(locale):
        raise refused("locale", "Must be a language tag such as de or pt-BR.")


def check_opening_hours(hours: Mapping[str, Sequence[Sequence[str]]]) -> None:
    """Raise unless each day's windows are in order and apart. A day that is missing or empty is a day off."""
    for day, windows in hours.items():
        if day not in DAYS:
            raise refused(f"openingHours.{day}", f"Must be one of {', '.join(DAYS)}.")
        opened_until = ""
        for place, window in enumerate(windows):
            path = f"openingHours.{day}.{place}"
            start, end = _window(path, window)
            if start < opened_until:
                raise refused(path, "Must begin after the window before it has ended.")
            opened_until = end


def _window(path: str, window: Sequence[str]) -> tuple[str, str]:
    if len(window) != _PAIR:
        raise refused(path, "Must be a pair: from, to.")
    start, end = window
    if not _CLOCK.fullmatch(start):
        raise refused(f"{path}.0", "Must be a time of day, HH:MM.")
    if end != _MIDNIGHT and not _CLOCK.fullmatch(end):
        raise refused(f"{path}.1", "Must be a time of day, HH:MM, at most 24:00.")
    if end <= start:
        raise refused(path, "Must end after it begins.")
    return start, end


def check_channel_kind(channel_type: ChannelType) -> None:
    """Raise for a kind of channel that cannot be connected."""
    if channel_type is not ChannelType.WHATSAPP_CLOUD:
        raise refused("type", "Only WHATSAPP_CLOUD channels can be connected.")


def check_credentials(parts: Mapping[str, str | None]) -> None:
    """Raise naming every part that is missing, or that no provider can have issued: it went wrong while copying."""
    reasons = {name: reason for name, value in parts.items() if (reason := _fault_of(value))}
    if reasons:
        raise Invalid(f"Some values are refused: {', '.join(sorted(reasons))}.", reasons)


def _fault_of(value: str | None) -> str | None:
    if not value:
        return "Missing data for required field."
    return None if _VISIBLE.fullmatch(value) else "Must not contain spaces or other than ASCII characters."


def check_channel_limit(plan: PlanCode, active: int) -> None:
    """Raise when the plan allows no further channel beside those that are active."""
    limit = MAX_CHANNELS[plan]
    if active >= limit:
        raise PlanLimit(f"The plan {plan.value} allows {limit} channels.", {"plan": plan.value, "limit": str(limit)})


def hint_of(secret: str) -> str:
    """What may be shown of a secret: its end, or nothing where that would be much of it."""
    return secret[-_HINT_LENGTH:] if len(secret) >= _SHORT_SECRET else ""


def refused(field: str, reason: str) -> Invalid:
    """One value is refused, for a reason."""
    return Invalid(f"Some values are refused: {field}.", {field: reason})


def provider_id(phone_number_id: str | None, business_account_id: str | None) -> dict[str, str]:
    """The one provider's id that was given, by name. Raises unless it is exactly one."""
    given = {"phone_number_id": phone_number_id, "business_account_id": business_account_id}
    known = {name: value for name, value in given.items() if value is not None}
    if len(known) != 1:
        raise refused("phoneNumberId", "Give either phoneNumberId or businessAccountId.")
    return known
