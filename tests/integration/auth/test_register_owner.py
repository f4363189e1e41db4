"""Registration: one account for each address, and nothing that a retry can't mend."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import eventlet
import pytest
from eventlet.event import Event as Signal

from services.auth.adapters.passwords import Busy
from services.auth.commands import finish_registrations
from services.auth.models import User
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import BadCredentials, EmailTaken, Role, SignedIn
from services.common.contracts.errors import Forbidden, Invalid, ServiceError, Unavailable
from services.common.contracts.tenants import PlanCode
from services.common.kit.begin import Begin
from services.common.kit.uow import Scope, UnitOfWork
from tests.integration.auth.people import PASSWORD, People, new_email
from tests.integration.auth.tenants_stand_in import TenantsStandIn

Rows = Callable[..., list[Any]]


class ProcessDied(Exception):
    """kill -9, as far as this process can tell."""


class DyingBegin(Begin):
    """Dies before or after its nth transaction. What was committed stays."""

    def __init__(self, begin: Begin, nth: int, *, after: bool) -> None:
        super().__init__(begin._database, begin.context, begin._scope)
        self._nth, self._after, self._count = nth, after, 0

    def __call__(
        self, scope: Scope | None = None, tenant_id: str | None = None, *, read_only: bool = False
    ) -> AbstractContextManager[UnitOfWork]:
        return self._dying(super().__call__(scope, tenant_id, read_only=read_only))

    @contextmanager
    def _dying(self, transaction: AbstractContextManager[UnitOfWork]) -> Iterator[UnitOfWork]:
        self._count += 1
        if self._count == self._nth and not self._after:
            raise ProcessDied
        with transaction as uow:
            yield uow
        if self._count == self._nth and self._after:
            raise ProcessDied


def users_of(rows: Rows, email: str) -> list[Any]:
    return rows("select * from users where email_key = lower(:email)", email=email)


def registered_events(rows: Rows, tenant_id: str) -> list[Any]:
    return rows("select * from outbox where routing_key = 'user.registered.v1' and tenant_id = :id", id=tenant_id)


def make_old(rows: Rows) -> None:
    rows("update registrations set attempted_at = attempted_at - interval '61 seconds'")


def test_an_owner_is_signed_in_with_a_tenant(people: People, rows: Rows) -> None:
    email = new_email()
    signed_in = people.register(email, tenantName="Salon Rosa", plan="PRO", timezone="Europe/Berlin", device="Tablet")
    assert signed_in.tenant is not None
    assert (signed_in.tenant.name, signed_in.tenant.plan, signed_in.tenant.timezone) == (
        "Salon Rosa",
        PlanCode.PRO,
        "Europe/Berlin",
    )
    assert (signed_in.user.email, signed_in.user.role, signed_in.user.is_active) == (email, Role.OWNER, True)
    assert signed_in.user.tenant_id == signed_in.tenant.id
    assert [row.device for row in rows("select device from sessions where user_id = :id", id=signed_in.user.id)] == [
        "Tablet"
    ]
    assert len(registered_events(rows, signed_in.tenant.id)) == 1
    assert people.refresh(signed_in.refresh_token)


def test_the_tenant_is_readable_at_once(people: People) -> None:
    signed_in = people.register(new_email())
    assert people.me(signed_in.user.id, signed_in.user.tenant_id).tenant == signed_in.tenant


def test_a_tenant_without_a_name_takes_its_owners(people: People) -> None:
    signed_in = people.register(new_email())
    assert signed_in.tenant is not None
    assert signed_in.tenant.name == "Rosa Meyer"


def test_the_call_to_tenants_speaks_for_the_new_tenant(people: People, tenants: TenantsStandIn) -> None:
    signed_in = people.register(new_email())
    assert [context.tenant_id for context in tenants.contexts] == [signed_in.user.tenant_id]


def test_a_bad_password_changes_nothing(people: People, tenants: TenantsStandIn, rows: Rows) -> None:
    email = new_email()
    with pytest.raises(Invalid) as caught:
        people.register(email, password="Password1!")
    assert set(caught.value.details) == {"password"}
    assert not tenants.made
    assert not users_of(rows, email)


def test_a_taken_address_is_a_conflict_in_any_case(people: People, tenants: TenantsStandIn) -> None:
    email = new_email()
    people.register(email)
    with pytest.raises(EmailTaken):
        people.register(email.upper())
    assert len(tenants.made) == 1


def test_of_fifty_at_once_exactly_one_gets_the_account(people: People, rows: Rows) -> None:
    email = new_email()

    def attempt(number: int) -> SignedIn | ServiceError:
        try:
            return people.register(email, password=f"Correct-horse-{number}")
        except (EmailTaken, Busy) as refused:
            return refused

    outcomes = list(eventlet.GreenPool(50).imap(attempt, range(50)))
    winners = [(number, outcome) for number, outcome in enumerate(outcomes) if isinstance(outcome, SignedIn)]
    assert len(winners) == 1
    assert len(users_of(rows, email)) == 1
    number, signed_in = winners[0]
    assert people.log_in(email, f"Correct-horse-{number}").user.id == signed_in.user.id
    assert rows("select from registrations where email_key = :email", email=email) == []
    assert len(registered_events(rows, str(signed_in.user.tenant_id))) == 1


def test_a_later_request_takes_over_from_one_under_way(people: People, tenants: TenantsStandIn, rows: Rows) -> None:
    email, first_is_done = new_email(), Signal()
    second: list[Any] = []

    def begin_the_second() -> None:
        tenants.meanwhile.append(first_is_done.wait)
        second.append(eventlet.spawn(people.register, email, "Another-horse-8"))
        eventlet.sleep(0.2)

    tenants.meanwhile.append(begin_the_second)
    with pytest.raises(EmailTaken):
        people.register(email)
    first_is_done.send()
    signed_in = second[0].wait()
    assert people.log_in(email, "Another-horse-8").user.id == signed_in.user.id
    assert list(tenants.made) == [signed_in.user.tenant_id]
    assert len(users_of(rows, email)) == 1


def test_none_begins_while_another_is_being_finished(
    people: People, tenants: TenantsStandIn, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, looked_up = new_email(), Signal()
    outcomes: list[SignedIn | EmailTaken] = []
    look_up = UserRepository.find_by_email
    looks: list[str] = []

    def dawdle(self: UserRepository, address: str) -> User | None:
        found = look_up(self, address)
        looks.append(address)
        if len(looks) == 4:  # the second request has seen no user, and is about to store its registration
            looked_up.send()
            eventlet.sleep(0.3)
        return found

    def attempt() -> None:
        try:
            outcomes.append(people.register(email))
        except EmailTaken as taken:
            outcomes.append(taken)

    def begin_the_second() -> None:
        eventlet.spawn_n(attempt)
        looked_up.wait()

    monkeypatch.setattr(UserRepository, "find_by_email", dawdle)
    tenants.meanwhile.append(begin_the_second)
    attempt()
    while len(outcomes) < 2:
        eventlet.sleep(0.02)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["EmailTaken", "SignedIn"]
    assert rows("select from registrations where email_key = :email", email=email) == []
    assert len(tenants.made) == 1


def test_while_tenants_is_away_registration_is_unavailable_and_a_retry_succeeds(
    people: People, tenants: TenantsStandIn, rows: Rows
) -> None:
    email = new_email()
    tenants.failure = Unavailable()
    with pytest.raises(Unavailable):
        people.register(email)
    with pytest.raises(BadCredentials):
        people.log_in(email)
    tenants.failure = None
    assert people.register(email).user.email == email
    assert len(users_of(rows, email)) == 1


@pytest.mark.parametrize(("nth", "after"), [(2, False), (2, True), (3, False)], ids=["hashed", "stored", "called"])
def test_a_crash_before_the_end_is_mended_by_trying_again(
    nth: int, after: bool, people: People, tenants: TenantsStandIn, rows: Rows
) -> None:
    email = new_email()
    with pytest.raises(ProcessDied):
        people.register(email, begin=DyingBegin(people.begin(), nth, after=after))
    pending = rows("select tenant_id from registrations where email_key = :email", email=email)
    signed_in = people.register(email, password="Another-horse-8", tenantName="Salon Rosa")
    assert [str(row.tenant_id) for row in pending] in ([], [signed_in.user.tenant_id])
    assert people.log_in(email, "Another-horse-8").user == people.me(signed_in.user.id, signed_in.user.tenant_id).user
    with pytest.raises(BadCredentials):
        people.log_in(email, PASSWORD)
    assert list(tenants.made) == [signed_in.user.tenant_id]
    assert len(registered_events(rows, str(signed_in.user.tenant_id))) == 1


def test_a_crash_after_the_end_leaves_an_account_to_log_into(people: People) -> None:
    email = new_email()
    with pytest.raises(ProcessDied):
        people.register(email, begin=DyingBegin(people.begin(), 3, after=True))
    with pytest.raises(EmailTaken):
        people.register(email)
    assert people.log_in(email).user.email == email


def test_an_abandoned_registration_is_finished_after_a_minute(
    people: People, tenants: TenantsStandIn, rows: Rows
) -> None:
    email = new_email()
    with pytest.raises(ProcessDied):
        people.register(email, begin=DyingBegin(people.begin(), 2, after=True))
    finish_registrations.run(people.begin(), tenants)
    assert not users_of(rows, email)
    make_old(rows)
    finish_registrations.run(people.begin(), tenants)
    signed_in = people.log_in(email)
    assert signed_in.tenant is not None
    assert list(tenants.made) == [signed_in.tenant.id]
    assert len(registered_events(rows, signed_in.tenant.id)) == 1
    assert rows("select from registrations where email_key = :email", email=email) == []


def test_finishing_waits_while_tenants_is_away(people: People, tenants: TenantsStandIn, rows: Rows) -> None:
    email = new_email()
    tenants.failure = Unavailable()
    with pytest.raises(Unavailable):
        people.register(email)
    make_old(rows)
    finish_registrations.run(people.begin(), tenants)
    tenants.failure = None
    make_old(rows)
    finish_registrations.run(people.begin(), tenants)
    assert people.log_in(email).user.email == email


def test_one_that_cannot_be_finished_keeps_no_other_waiting(
    people: People, tenants: TenantsStandIn, rows: Rows
) -> None:
    stuck, fine = new_email(), new_email()
    for email in stuck, fine:
        with pytest.raises(ProcessDied):
            people.register(email, begin=DyingBegin(people.begin(), 2, after=True), tenantName=f"Of {email}")
    make_old(rows)

    class RefusingOne(TenantsStandIn):
        def call(self, request: Any, context: Any, timeout: float = 5.0) -> Any:
            if stuck in request.name:
                raise Forbidden
            return super().call(request, context, timeout)

    finish_registrations.run(people.begin(), RefusingOne())
    assert users_of(rows, fine)
    assert not users_of(rows, stuck)


def test_what_tenants_refuses_can_be_corrected(people: People, tenants: TenantsStandIn, rows: Rows) -> None:
    email = new_email()
    tenants.failure = Invalid("Some values are refused.", {"timezone": "No such zone.", "name": "Too long."})
    with pytest.raises(Invalid) as caught:
        people.register(email, timezone="Mars/Olympus")
    assert caught.value.details == {"timezone": "No such zone.", "tenantName": "Too long."}
    assert rows("select from registrations where email_key = :email", email=email) == []
    tenants.failure = None
    assert people.register(email, timezone="Europe/Berlin")
