"""Who is meant in a webhook: addresses of the item itself, completed from the contacts beside it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from services.common.contracts.messaging import Direction
from services.messaging.domain.items import Person, Succession
from services.messaging.domain.people import LONG_AGO
from services.messaging.domain.phones import phone_key

Raw = dict[str, Any]

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_LONGEST_ID = 500
_MOMENT = timedelta(microseconds=1)
_END_OF_TIME = 4_102_444_800  # the year 2100: what lies behind is no time of a message


def other_side(raw: Raw, value: Raw, at: datetime | None, direction: Direction) -> Person:
    side = "from" if direction is Direction.INBOUND else "to"
    return person_of(raw.get(side), raw.get(f"{side}_user_id"), value.get("contacts"), at)


def succession_of(raw: Raw, at: datetime | None) -> Succession | None:
    """A change of number or of user id. Older forms call the new number `new_wa_id`.

    One notice names both addresses with one time: the present one is a moment newer, so that it is written to.
    """
    system = raw.get("system")
    if not isinstance(system, dict):
        return None
    new_number = id_text(system.get("wa_id")) or id_text(system.get("new_wa_id"))
    new_user = id_text(system.get("user_id"))
    if not new_number and not new_user:
        return None
    former = person_of(raw.get("from"), system.get("previous_user_id"), None, at)
    return Succession(former, person_of(new_number, new_user, None, (at or LONG_AGO) + _MOMENT))


def person_of(wa_id: Any, user_id: Any, contacts: Any, at: datetime | None) -> Person:
    """Somebody by their addresses in the item, completed from the contact that belongs to it."""
    wa_id, user_id = id_text(wa_id), id_text(user_id)
    contact = _contact_of(wa_id, user_id, contacts) or {}
    profile = contact.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    wa_id = id_text(contact.get("wa_id")) or wa_id
    return Person(
        user_id=user_id or id_text(contact.get("user_id")),
        phone=phone_key(wa_id) if wa_id else None,
        wa_id=wa_id,
        name=_plain(profile.get("name")),
        username=_plain(profile.get("username")),
        at=at,
    )


def _contact_of(wa_id: str | None, user_id: str | None, contacts: Any) -> Raw | None:
    """The contact with the same user id, else the same number, else the only one that does not say otherwise."""
    if not isinstance(contacts, list):
        return None
    known = [contact for contact in contacts if isinstance(contact, dict)]
    for contact in known:
        if user_id and contact.get("user_id") == user_id:
            return contact
    fitting = [contact for contact in known if _fits(contact, wa_id, user_id)]
    for contact in fitting:
        if wa_id and contact.get("wa_id"):
            return contact
    return fitting[0] if len(known) == 1 and fitting else None


def _fits(contact: Raw, wa_id: str | None, user_id: str | None) -> bool:
    his_number, his_user = id_text(contact.get("wa_id")), contact.get("user_id")
    if wa_id and his_number and phone_key(wa_id) != phone_key(his_number):
        return False
    return not (user_id and his_user and user_id != his_user)


def _plain(text: Any) -> str | None:
    """A name as people give it: any text, but nothing that turns the writing round or controls a terminal."""
    if not isinstance(text, str):
        return None
    return _CONTROLS.sub("", text).strip()[:200] or None


def id_texts(*values: Any) -> tuple[str, ...]:
    return tuple(text for value in values if (text := id_text(value)) is not None)


def id_text(value: Any) -> str | None:
    """An id as text, or None for what cannot be one: nothing of the provider's is nearly so long."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return None
    return str(value) if 0 < len(str(value)) <= _LONGEST_ID else None


def instant(value: Any) -> datetime | None:
    """Seconds since 1970 as text or number, or None for what is no time of a message."""
    try:
        seconds = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return datetime.fromtimestamp(seconds, UTC) if 0 < seconds < _END_OF_TIME else None
