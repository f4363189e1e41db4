"""Customers: by address at a salon, by Telegram; staff who linked their Telegram; suspended tenants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import eventlet
import pytest

from services.auth.commands import appoint_admin, store_audit, store_tenant
from services.common.contracts import auth, tenants
from services.common.contracts.audit import ActorType
from services.common.contracts.auth import Role
from services.common.contracts.base import Envelope
from services.common.contracts.errors import Unavailable
from services.common.kit import clock, ids
from services.common.kit.uow import SYSTEM
from tests.integration.auth.desk import Desk, context_of
from tests.integration.auth.people import PASSWORD, People, new_email
from tests.integration.auth.tenants_stand_in import TenantsStandIn

Rows = Callable[..., list[Any]]


@pytest.fixture
def owner(people: People) -> auth.SignedIn:
    return people.register(new_email())


def slug_of(owner: auth.SignedIn) -> str:
    assert owner.tenant is not None
    return owner.tenant.slug


def by_widget(owner: auth.SignedIn, telegram_id: int = 987654321, proof: str | None = None) -> auth.LoginWithTelegram:
    widget = {"id": telegram_id, "first_name": "Анна", "auth_date": 1, "hash": proof or ids.new_id()}
    return auth.LoginWithTelegram(salon_slug=slug_of(owner), widget=widget)


def test_a_customer_registers_at_a_salon(desk: Desk, people: People, owner: auth.SignedIn) -> None:
    email = new_email()
    request = auth.Register(email=email, password=PASSWORD, name="Ann", salon_slug=slug_of(owner))
    signed_in = desk.ask(request)
    assert (signed_in.user.role, signed_in.user.tenant_id) == (Role.CUSTOMER, owner.user.tenant_id)
    assert signed_in.tenant == owner.tenant
    assert desk.ask(auth.GetMe(), signed_in.user).permissions[0].startswith("bookings:")
    assert people.log_in(email)
    assert desk.refusal(request) == "auth.email_taken"
    assert desk.ask(auth.ListUsers(), owner.user).pagination.total == 1
    assert desk.ask(auth.ListUsers(role=Role.CUSTOMER), owner.user).pagination.total == 1


def test_without_the_salon_or_its_service_nobody_registers(
    desk: Desk, tenants: TenantsStandIn, owner: auth.SignedIn
) -> None:
    request = auth.Register(email=new_email(), password=PASSWORD, name="Ann", salon_slug="no-such")
    assert desk.refusal(request) == "tenants.salon_not_found"
    tenants.failure = Unavailable()
    assert desk.refusal(request) == "unavailable"


def test_telegram_makes_one_customer_of_a_person(desk: Desk, owner: auth.SignedIn) -> None:
    first, again = (desk.ask(by_widget(owner)) for _ in range(2))
    assert isinstance(first.user, auth.User)
    assert isinstance(again.user, auth.User)
    assert first.user.id == again.user.id
    assert (first.user.role, first.user.email, first.user.telegram_linked) == (Role.CUSTOMER, None, True)
    mini_app = auth.LoginWithTelegram(salon_slug=slug_of(owner), init_data="id=987654321&hash=abc")
    for _ in range(2):  # a Mini App that is loaded again sends the same
        answer = desk.ask(mini_app)
        assert isinstance(answer.user, auth.User)
        assert answer.user.id == first.user.id


def test_a_widgets_proof_is_good_once(desk: Desk, owner: auth.SignedIn) -> None:
    proof = ids.new_id()
    outcomes = [desk.refusal(by_widget(owner, proof=proof)) for _ in range(2)]
    assert outcomes == ["ok", "tenants.telegram_login_refused"]


def test_many_first_logins_at_once_make_one_account(desk: Desk, owner: auth.SignedIn, rows: Rows) -> None:
    pool = eventlet.GreenPool()
    outcomes = list(pool.imap(lambda _: desk.refusal(by_widget(owner, 5)), range(8)))
    assert outcomes == ["ok"] * 8
    assert len(rows("select from users where tenant_id = :id and telegram_id = '5'", id=owner.user.tenant_id)) == 1


def link(owner: auth.SignedIn, telegram_id: int, **proof: str) -> auth.LinkTelegram:
    return auth.LinkTelegram(salon_slug=slug_of(owner), widget=by_widget(owner, telegram_id).widget, **proof)


def test_linked_staff_come_in_as_themselves(desk: Desk, owner: auth.SignedIn, people: People, rows: Rows) -> None:
    rows("update users set role = 'STAFF' where id = :id", id=owner.user.id)
    linked = desk.ask(link(owner, 77, password=PASSWORD), owner.user)
    assert linked.user.telegram_linked
    answer = desk.ask(by_widget(owner, 77))
    assert isinstance(answer.user, auth.User)
    assert (answer.user.id, answer.user.role) == (owner.user.id, Role.STAFF)
    desk.ask(by_widget(owner, 78))
    taken = link(owner, 78, password=PASSWORD)
    assert desk.refusal(taken, owner.user) == "auth.telegram_taken"
    stranger = people.register(new_email()).user
    assert desk.refusal(taken, stranger) == "tenants.salon_not_found"
    assert not desk.ask(auth.UnlinkTelegram(), owner.user).user.telegram_linked


def test_linking_takes_a_fresh_proof_and_is_told_by_mail(
    desk: Desk, owner: auth.SignedIn, post_office: Callable[[], list[str]]
) -> None:
    assert desk.refusal(link(owner, 77), owner.user) == "auth.proof_needed"
    assert desk.refusal(link(owner, 77, password="Wrong-horse-7"), owner.user) == "auth.proof_needed"
    (session,) = desk.ask(auth.ListSessions(), owner.user).sessions
    assert desk.refusal(link(owner, 77, session_id=session.id), owner.user) == "ok"
    assert post_office()[-1] == "Telegram was linked to your account"


def test_who_has_the_bot_s_token_does_not_become_an_owner_by_it(desk: Desk, owner: auth.SignedIn, rows: Rows) -> None:
    desk.ask(link(owner, 77, password=PASSWORD), owner.user)
    assert desk.refusal(by_widget(owner, 77)) == "auth.mfa_needed"
    rows("update tenants set mfa_required = true where tenant_id = :id", id=owner.user.tenant_id)
    assert desk.refusal(by_widget(owner, 77)) == "auth.mfa_needed"  # nor by enrolling in the owner's place
    rows("update users set mfa_enabled = true where id = :id", id=owner.user.id)
    answer = desk.ask(by_widget(owner, 77))
    assert answer.to_wire().keys() == {"mfaRequired", "mfaToken"}


def test_nobody_locks_themselves_out_of_telegram(desk: Desk, owner: auth.SignedIn) -> None:
    answer = desk.ask(by_widget(owner))
    assert isinstance(answer.user, auth.User)
    assert desk.refusal(auth.UnlinkTelegram(), answer.user) == "auth.telegram_needed"


def test_a_disabled_customer_stays_out(desk: Desk, owner: auth.SignedIn, rows: Rows) -> None:
    desk.ask(by_widget(owner))
    rows(
        "update users set is_active = false where telegram_id is not null and tenant_id = :id", id=owner.user.tenant_id
    )
    assert desk.refusal(by_widget(owner)) == "auth.bad_credentials"


def test_exactly_one_proof_is_wanted(desk: Desk, owner: auth.SignedIn) -> None:
    assert desk.refusal(auth.LoginWithTelegram(salon_slug=slug_of(owner))) == "invalid"


def test_a_suspended_tenants_people_stay_out_until_it_is_resumed(
    desk: Desk, people: People, owner: auth.SignedIn
) -> None:
    login, refresh = (
        auth.Login(email=str(owner.user.email), password=PASSWORD),
        auth.Refresh(refresh_token=owner.refresh_token),
    )
    update(people, owner, status=tenants.TenantStatus.SUSPENDED)
    assert [desk.refusal(request) for request in (login, refresh, refresh)] == ["auth.tenant_suspended"] * 3
    assert desk.refusal(by_widget(owner)) == "auth.tenant_suspended"
    revoked = {item.id: item for item in desk.ask(auth.ListRevocations()).revocations}
    assert revoked[str(owner.user.tenant_id)].kind == auth.RevocationKind.TENANT
    update(people, owner, status=tenants.TenantStatus.ACTIVE)
    assert [desk.refusal(request) for request in (login, refresh)] == ["ok", "ok"]


def update(people: People, owner: auth.SignedIn, **changes: Any) -> None:
    assert owner.tenant is not None
    tenant = tenants.Tenant.from_wire({**owner.tenant.to_wire(), "updatedAt": clock.now().isoformat()})
    object.__setattr__(tenant, "status", changes["status"])
    with people.begin(tenant_id=owner.user.tenant_id)() as uow, uow.as_tenant(str(owner.user.tenant_id)):
        store_tenant.run(tenants.TenantUpdatedV1(tenant=tenant), uow)
    people.tenants.made[tenant.id] = tenant


def test_what_other_services_tell_is_in_the_log_once(desk: Desk, people: People, owner: auth.SignedIn) -> None:
    event = tenants.AuditRecordedV1(
        actor_type=ActorType.USER,
        actor_id=owner.user.id,
        action="channel.created",
        target_type="channel",
        target_id=ids.new_id(),
        before=None,
        after={"name": "Main"},
        address="203.0.113.9",
        request_id="r",
    )
    envelope = Envelope(
        id=ids.new_id(),
        type=event.TYPE,
        occurred_at=clock.now().isoformat(),
        tenant_id=owner.user.tenant_id,
        source="tenants",
        correlation_id=None,
        causation_id=None,
        data=event.to_wire(),
    )
    for _ in range(2):
        with people.database.transaction(context_of(None), SYSTEM, envelope=envelope) as uow:
            store_audit.run(event, uow)
    (entry,) = desk.ask(auth.ListAuditLog(action=["channel.created"]), owner.user).entries
    assert (entry.source, entry.actor.name, entry.after) == ("tenants", owner.user.name, {"name": "Main"})


def test_an_admin_is_appointed_by_a_link_that_is_good_once(desk: Desk, people: People, owner: auth.SignedIn) -> None:
    email = new_email()
    with people.begin()() as uow:
        token = appoint_admin.run(email, uow)
    desk.ask(auth.ResetPassword(token=token, new_password="Better-battery-8"))
    admin = people.log_in(email, "Better-battery-8").user
    assert (admin.role, admin.tenant_id) == (Role.SUPER_ADMIN, None)
    assert desk.ask(auth.GetMe(), admin).user.id == admin.id
    with people.begin()() as uow:  # forgotten: the same again
        assert appoint_admin.run(email, uow)
    with pytest.raises(auth.EmailTaken), people.begin()() as uow:
        appoint_admin.run(str(owner.user.email), uow)
