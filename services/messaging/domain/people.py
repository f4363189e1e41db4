"""Who is who: joins phone numbers and user ids to people, with the same result whatever comes first.

A user id belongs to one person for ever. A phone number can change hands: it belongs to the person beside whose user id
it was seen last. Somebody known by number only and somebody known by user id only become one when a webhook shows both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from services.messaging.domain.items import Person, Succession
from services.messaging.domain.phones import shown_phone

USER, PHONE = "USER", "PHONE"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

Key = tuple[str, str]


class Proof(NamedTuple):
    """When, and beside which user id, a number was last seen: the greater one wins a dispute."""

    at: datetime = LONG_AGO
    user_id: str = ""


class Binding(NamedTuple):
    """The contact that an address belongs to."""

    contact_id: str
    proof: Proof = Proof()


@dataclass
class People:
    """The contacts that a batch touches. `bindings` holds every address of each of them, `new_id` makes contacts."""

    bindings: dict[Key, Binding]
    new_id: Callable[[], str]
    created: set[str] = field(default_factory=set)
    changed: set[Key] = field(default_factory=set)
    merged: dict[str, str] = field(default_factory=dict)
    lost: list[tuple[str, str]] = field(default_factory=list)
    """Contacts that no longer have a number: `(contact_id, phone)`."""
    _users: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for (kind, value), binding in self.bindings.items():
            if kind == USER:
                self._users.setdefault(binding.contact_id, set()).add(value)

    def see(self, person: Person) -> None:
        """Take note of somebody."""
        by_phone = self._find(PHONE, person.phone)
        if person.user_id:
            contact_id = self._see_user(person.user_id, by_phone)
            if person.phone:
                self._claim(person.phone, contact_id, Proof(person.at or LONG_AGO, person.user_id))
        elif person.phone and by_phone is None:
            self._claim(person.phone, self._create(), Proof())

    def succeed(self, succession: Succession) -> None:
        """Join what the provider says is one person under two addresses."""
        former, present = succession
        self.see(former)
        self.see(present)
        old, new = self.contact_of(former), self.contact_of(present)
        if old is None or new is None or old == new:
            return
        if present.user_id or former.user_id or not (self._users.get(old) and self._users.get(new)):
            self._merge(old, new)
        elif present.phone:
            # Two people by their user ids, and a message that names numbers only: the number has changed hands.
            self._claim(present.phone, old, Proof(present.at or LONG_AGO))

    def contact_of(self, person: Person) -> str | None:
        """The contact of somebody seen before: by user id, else by phone."""
        return self._find(USER, person.user_id) or self._find(PHONE, person.phone)

    def survivor(self, contact_id: str) -> str:
        """The contact that this one has become."""
        while contact_id in self.merged:
            contact_id = self.merged[contact_id]
        return contact_id

    def has_phone(self, contact_id: str, phone: str) -> bool:
        """Whether the number belongs to the contact now."""
        return self._find(PHONE, phone) == contact_id

    def _see_user(self, user_id: str, by_phone: str | None) -> str:
        contact_id = self._find(USER, user_id)
        phone_is_free = by_phone is not None and not self._users.get(by_phone)
        if contact_id is None:
            contact_id = by_phone if by_phone is not None and phone_is_free else self._create()
            self._put((USER, user_id), Binding(contact_id))
            self._users.setdefault(contact_id, set()).add(user_id)
        elif by_phone is not None and phone_is_free:
            contact_id = self._merge(contact_id, by_phone)
        return contact_id

    def _find(self, kind: str, value: str | None) -> str | None:
        binding = self.bindings.get((kind, value)) if value else None
        return self.survivor(binding.contact_id) if binding else None

    def _claim(self, phone: str, contact_id: str, proof: Proof) -> None:
        """Give a number to a contact, unless another one has the better proof."""
        held = self.bindings.get((PHONE, phone))
        if held is None:
            self._put((PHONE, phone), Binding(contact_id, proof))
        elif proof > held.proof:
            holder = self.survivor(held.contact_id)
            if holder != contact_id:
                self.lost.append((holder, phone))
            self._put((PHONE, phone), Binding(contact_id, proof))

    def _put(self, key: Key, binding: Binding) -> None:
        self.bindings[key] = binding
        self.changed.add(key)

    def _create(self) -> str:
        contact_id = self.new_id()
        self.created.add(contact_id)
        return contact_id

    def _merge(self, one: str, other: str) -> str:
        """The older one stays: ids are in the order of their making, and what is stored precedes what is not."""
        stays, goes = sorted((one, other), key=lambda contact_id: (contact_id in self.created, contact_id))
        self.merged[goes] = stays
        self._users.setdefault(stays, set()).update(self._users.pop(goes, ()))
        return stays


@dataclass(slots=True)
class Profile:
    """What is shown of a contact: of each part the newest by the provider's clock."""

    contact_id: str
    name: tuple[datetime, str] | None = None
    username: tuple[datetime, str] | None = None
    user_id: tuple[datetime, str] | None = None
    wa_id: tuple[datetime, str] | None = None
    phone: str | None = None

    def add(self, person: Person, *, with_phone: bool) -> None:
        """Take over what is newer."""
        at = person.at or LONG_AGO
        self.name = _newer(self.name, at, person.name)
        self.username = _newer(self.username, at, person.username)
        self.user_id = _newer(self.user_id, at, person.user_id)
        if with_phone and (newer := _newer(self.wa_id, at, person.wa_id)) != self.wa_id:
            self.wa_id, self.phone = newer, person.phone

    @property
    def phone_number(self) -> str | None:
        """E.164, where the provider's id is a number."""
        return shown_phone(self.wa_id[1]) if self.wa_id else None


def _newer(held: tuple[datetime, str] | None, at: datetime, value: str | None) -> tuple[datetime, str] | None:
    if not value:
        return held
    return max(held, (at, value)) if held else (at, value)


def profiles_of(people: People, seen: Iterable[Person]) -> list[Profile]:
    """One profile for each contact among those seen."""
    profiles: dict[str, Profile] = {}
    for person in seen:
        contact_id = people.contact_of(person)
        if contact_id is not None:
            profile = profiles.setdefault(contact_id, Profile(contact_id))
            profile.add(person, with_phone=bool(person.phone) and people.has_phone(contact_id, person.phone or ""))
    return [profiles[contact_id] for contact_id in sorted(profiles)]


def keys_of(people: Iterable[Person]) -> set[Key]:
    """Every address by which these people may be known already."""
    keys: set[Key] = set()
    for person in people:
        if person.user_id:
            keys.add((USER, person.user_id))
        if person.phone:
            keys.add((PHONE, person.phone))
    return keys
