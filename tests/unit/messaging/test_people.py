"""Who is who comes out the same, whatever is seen first and however it is cut into batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.messaging.domain.items import Person, Succession
from services.messaging.domain.people import PHONE, USER, Binding, Key, People, Profile, profiles_of

Sight = Person | Succession


def somebody(user: str | None = None, phone: str | None = None, at: int = 1, name: str | None = None) -> Person:
    return Person(user, phone, phone, name, None, datetime.fromtimestamp(at, UTC))


def change(former: Person, present: Person) -> Succession:
    return Succession(former, present)


def ids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"{next(numbers):04}"


class Book:
    """Keeps bindings between batches, as the tables do."""

    def __init__(self) -> None:
        self.new_id, self.bindings = ids(), dict[Key, Binding]()

    def take(self, batch: Iterable[Sight]) -> People:
        people = People(dict(self.bindings), self.new_id)
        for one in batch:
            people.see(one) if isinstance(one, Person) else people.succeed(one)
        self.bindings = {
            key: binding._replace(contact_id=people.survivor(binding.contact_id))
            for key, binding in people.bindings.items()
        }
        return people

    def groups(self) -> set[frozenset[Key]]:
        """Addresses by contact."""
        contacts = {binding.contact_id for binding in self.bindings.values()}
        return {frozenset(key for key, held in self.bindings.items() if held.contact_id == one) for one in contacts}


def groups_of(*batches: Iterable[Sight]) -> set[frozenset[Key]]:
    book = Book()
    for batch in batches:
        book.take(batch)
    return book.groups()


U1, U2, P1, P2 = (USER, "U1"), (USER, "U2"), (PHONE, "1"), (PHONE, "2")


def test_a_webhook_with_both_joins_the_one_with_a_number_and_the_one_with_a_user_id() -> None:
    assert groups_of([somebody(phone="1")], [somebody("U1")]) == {frozenset({P1}), frozenset({U1})}
    assert groups_of([somebody(phone="1")], [somebody("U1")], [somebody("U1", "1")]) == {frozenset({P1, U1})}


def test_the_older_contact_stays() -> None:
    book = Book()
    book.take([somebody(phone="1")])
    book.take([somebody("U1")])
    people = book.take([somebody("U1", "1")])
    assert people.merged == {"0002": "0001"}


def test_a_number_that_changed_hands_goes_to_the_one_seen_with_it_last() -> None:
    for order in ([1, 2], [2, 1]):
        sights = {1: somebody("U1", "1", at=10), 2: somebody("U2", "1", at=20)}
        assert groups_of(*([sights[n]] for n in order)) == {frozenset({U1}), frozenset({U2, P1})}


def test_two_people_are_never_joined_by_a_number() -> None:
    assert groups_of(
        [somebody("U1", "1"), somebody("U2", "2"), somebody("U1", "2", at=9), somebody("U2", "1", at=9)]
    ) == {
        frozenset({U1, P2}),
        frozenset({U2, P1}),
    }


def test_the_one_who_lost_a_number_is_no_longer_reached_by_it() -> None:
    book = Book()
    (first,) = {book.take([somebody("U1", "1", at=10)]).contact_of(somebody("U1"))}
    people = book.take([somebody("U2", "1", at=20)])
    assert people.lost == [(first, "1")]
    assert not people.has_phone(first or "", "1")


@pytest.mark.parametrize("known", [[], [somebody("U1", "1")], [somebody(phone="2")], [somebody("U2")]])
def test_a_change_of_number_and_user_id_joins_both(known: list[Person]) -> None:
    moved = change(somebody("U1", "1", at=5), somebody("U2", "2", at=5))
    assert groups_of(known, [moved]) == {frozenset({U1, P1, U2, P2})}


def test_an_old_notice_names_numbers_only() -> None:
    assert groups_of([change(somebody(phone="1"), somebody(phone="2"))]) == {frozenset({P1, P2})}


SIGHTS: list[Sight] = [
    somebody("U1", "1", at=10, name="Ann"),
    somebody("U1", at=12, name="Anne"),
    somebody(phone="1", at=3, name="A."),
    somebody("U2", "2", at=11, name="Bob"),
    change(somebody("U3", "3", at=20), somebody("U4", "4", at=20)),
    somebody("U4", "4", at=25),
    somebody(phone="3", at=15),
    change(somebody("U4", at=30), somebody("U5", at=30)),
    somebody("U5", "5", at=40, name="Eve"),
    somebody("U6", "2", at=50, name="Six"),
]


@settings(max_examples=300)
@given(st.permutations(SIGHTS), st.lists(st.integers(1, 9), max_size=4))
def test_the_order_and_the_batches_do_not_matter(sights: list[Sight], cuts: list[int]) -> None:
    expected = groups_of(SIGHTS)
    edges = sorted({0, *cuts, len(sights)})
    batches = [sights[start:end] for start, end in pairwise(edges)]
    assert groups_of(*batches) == expected


def test_the_newest_name_is_shown() -> None:
    for order in (SIGHTS[:3], SIGHTS[2::-1]):
        people = Book().take(order)
        (profile,) = profiles_of(people, [one for one in order if isinstance(one, Person)])
        assert isinstance(profile, Profile)
        assert profile.name is not None
        assert (profile.name[1], profile.phone) == ("Anne", "1")
