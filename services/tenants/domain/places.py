"""Where and when a business is: time zones, languages, currencies, opening hours."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from functools import cache

from services.common.contracts.base import UNSET, Unset
from services.tenants.domain.currencies import CODES
from services.tenants.domain.refusals import refused

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_MIDNIGHT = "24:00"
_PAIR = 2
_MOST_WINDOWS = 12
# On some systems the zone database lists these too; they name no place.
_NO_ZONES = frozenset({"localtime", "Factory"})


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


def check_currency(code: str) -> None:
    """Raise unless it is a currency that somebody pays with: amounts are counted in its minor units."""
    if code not in CODES:
        raise refused("currency", "Must be an ISO 4217 code such as EUR.")


def check_known(timezone: str | Unset, locale: str | Unset = UNSET, currency: str | Unset = UNSET) -> None:
    """Raise unless those that are given are good."""
    if timezone is not UNSET:
        check_timezone(timezone)
    if locale is not UNSET:
        check_locale(locale)
    if currency is not UNSET:
        check_currency(currency)


def check_opening_hours(hours: Mapping[str, Sequence[Sequence[str]]]) -> None:
    """Raise unless each day's windows are in order and apart. A day that is missing or empty is a day off."""
    for day, windows in hours.items():
        if day not in DAYS:
            raise refused(f"openingHours.{day}", f"Must be one of {', '.join(DAYS)}.")
        if len(windows) > _MOST_WINDOWS:
            raise refused(f"openingHours.{day}", f"Must be at most {_MOST_WINDOWS} windows.")
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
        raise refused(path, "Must end after it begins; what goes on after midnight belongs to the next day.")
    return start, end
