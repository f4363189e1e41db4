"""The audit log: everything in it, nothing out of it, nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pyotp
import pytest
import sqlalchemy as sa

from services.common.contracts import auth
from services.common.contracts.auth import Role
from services.common.kit import ids
from tests.integration.auth.desk import Desk
from tests.integration.auth.people import PASSWORD, People, new_email
from tests.integration.databases import PrivateDatabase, connected

Rows = Callable[..., list[Any]]


@pytest.fixture
def owner(people: People) -> auth.User:
    return people.register(new_email()).user


@pytest.mark.parametrize("change", ["update audit_log set action = 'x'", "delete from audit_log", "truncate audit_log"])
@pytest.mark.parametrize("role", ["app", "system"])
def test_nobody_who_serves_requests_can_change_it(auth_database: PrivateDatabase, role: str, change: str) -> None:
    name = getattr(auth_database.roles, role)
    with connected(auth_database.app_url) as connection:
        connection.execute(sa.text(f"set role {name}"))
        with pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
            connection.execute(sa.text(change))
        connection.rollback()


def test_it_says_who_what_when_and_from_where(desk: Desk, owner: auth.User) -> None:
    desk.ask(auth.InviteUser(email=new_email()), owner, address="203.0.113.9", request_id="req-7")
    entry = desk.ask(auth.ListAuditLog(), owner).entries[0]
    assert (entry.action, entry.actor.id, entry.actor.name) == ("user.invited", owner.id, owner.name)
    assert (entry.address, entry.request_id, entry.source) == ("203.0.113.9", "req-7", "auth")
    assert abs((datetime.now(UTC) - entry.at).total_seconds()) < 60


def test_logins_and_their_failures_are_in_it(desk: Desk, people: People, owner: auth.User) -> None:
    people.log_in(owner.email)
    with pytest.raises(auth.BadCredentials):
        people.log_in(owner.email, "Wrong-horse-7")
    actions = [entry.action for entry in desk.ask(auth.ListAuditLog(), owner).entries]
    assert actions[:2] == ["user.login_failed", "user.logged_in"]


def test_it_is_filtered_and_paged(desk: Desk, people: People, owner: auth.User) -> None:
    for _ in range(2):  # registering signed in, too
        people.log_in(owner.email)
    desk.ask(auth.UpdateMe(name="New Name"), owner)
    assert len(desk.ask(auth.ListAuditLog(action=["user.logged_in"], actor=owner.id), owner).entries) == 3
    every = desk.ask(auth.ListAuditLog(), owner).entries
    assert {entry.action for entry in every} == {"user.registered", "user.logged_in", "user.updated"}
    assert desk.ask(auth.ListAuditLog(action=["user."]), owner).entries == every
    assert desk.ask(auth.ListAuditLog(action=["user.", "key.x", "api_key."]), owner).entries == every
    for unknown in (["user"], ["api_key."], ["user.logged"], ["%."], ["."], [""]):
        assert desk.ask(auth.ListAuditLog(action=unknown), owner).entries == [], unknown
    today, later = datetime.now(UTC).date().isoformat(), "2999-01-01"
    assert desk.ask(auth.ListAuditLog(from_=later), owner).entries == []
    assert desk.ask(auth.ListAuditLog(from_=today, to=today), owner).entries != []
    assert desk.ask(auth.ListAuditLog(to="0001-01-01"), owner).entries == []
    assert desk.ask(auth.ListAuditLog(to="9999-12-31"), owner).entries != []  # there is no day after that
    page = desk.ask(auth.ListAuditLog(limit=2), owner)
    rest = desk.ask(auth.ListAuditLog(limit=2, cursor=page.pagination.next_cursor), owner)
    seen = [entry.id for entry in page.entries + rest.entries]
    assert len(set(seen)) == len(seen) == 4


def test_a_change_is_told_with_what_was_and_what_is(desk: Desk, owner: auth.User) -> None:
    salon = ids.new_id()
    invited = desk.ask(auth.InviteUser(email=new_email(), name="Ann"), owner)
    desk.ask(auth.UpdateUser(user_id=invited.id, role=Role.MANAGER, salon_ids=[salon]), owner)
    desk.ask(auth.RemoveUser(user_id=invited.id), owner)
    secret = desk.ask(auth.EnrolTotp(password=PASSWORD), owner).secret
    desk.ask(auth.ConfirmTotp(code=pyotp.TOTP(secret).now()), owner)
    desk.ask(auth.DisableTotp(password=PASSWORD), owner)
    off, on, removed, changed, made = desk.ask(auth.ListAuditLog(limit=5), owner).entries
    assert [entry.action for entry in (off, on)] == ["user.mfa_disabled", "user.mfa_enabled"]
    assert (off.before, off.after) == (on.after, on.before) == ({"mfaEnabled": True}, {"mfaEnabled": False})
    assert changed.before == {"role": "STAFF", "salonIds": []}
    assert changed.after == {"role": "MANAGER", "salonIds": [salon]}
    for entry, known in ((made, made.after), (removed, removed.before)):
        assert known is not None
        assert (known["email"], known["name"], known["isInvited"]) == (invited.email, "Ann", True), entry.action


def test_so_is_the_life_of_a_key(desk: Desk, owner: auth.User) -> None:
    first = desk.ask(auth.CreateApiKey(name="Till", scopes=["messages:read"], rate_limit_per_minute=7), owner).api_key
    second = desk.ask(auth.RotateApiKey(api_key_id=first.id), owner).api_key
    desk.ask(auth.RevokeApiKey(api_key_id=second.id), owner)
    revoked, rotated, created = desk.ask(auth.ListAuditLog(action=["api_key."]), owner).entries
    assert created.after == {
        "expiresAt": None,
        "name": "Till",
        "rateLimitPerMinute": 7,
        "replacedBy": None,
        "revokedAt": None,
        "scopes": ["messages:read"],
    }
    assert rotated.before == {"expiresAt": None, "replacedBy": None}
    assert rotated.after is not None
    assert (rotated.after.keys(), rotated.after["replacedBy"]) == (rotated.before.keys(), second.id)
    assert (revoked.target_id, revoked.before) == (second.id, {"revokedAt": None})
    assert revoked.after is not None
    assert revoked.after["revokedAt"].endswith("Z")


def test_customers_are_in_it_from_their_first_day(desk: Desk, owner: auth.User) -> None:
    slug = desk.tenants.made[str(owner.tenant_id)].slug
    by_mail = desk.ask(auth.Register(email=new_email(), password=PASSWORD, name="Ann", salon_slug=slug)).user
    by_telegram = desk.ask(auth.LoginWithTelegram(salon_slug=slug, widget={"id": 5, "hash": ids.new_id()})).user
    assert isinstance(by_telegram, auth.User)
    for customer in (by_mail, by_telegram):
        entries = desk.ask(auth.ListAuditLog(target_id=customer.id), owner).entries
        assert [entry.action for entry in entries] == ["user.logged_in", "user.registered"]
        assert entries[1].after is not None
        assert entries[1].after["role"] == "CUSTOMER"


def test_no_secret_is_in_it(desk: Desk, people: People, owner: auth.User, rows: Rows) -> None:
    desk.ask(auth.ChangePassword(current_password=PASSWORD, new_password="Better-battery-8"), owner)
    made = desk.ask(auth.CreateApiKey(name="Till", scopes=["messages:read"]), owner)
    written = str(rows("select * from audit_log where tenant_id = :id", id=owner.tenant_id))
    assert "Better-battery-8" not in written
    assert made.key not in written
    assert "argon2" not in written


def test_it_is_the_owners_and_no_strangers(desk: Desk, people: People, owner: auth.User, rows: Rows) -> None:
    stranger = people.register(new_email()).user
    people.log_in(owner.email)
    tenants = {entry.target_id for entry in desk.ask(auth.ListAuditLog(), stranger).entries}
    assert owner.id not in tenants
    rows("update users set role = 'MANAGER' where id = :id", id=owner.id)
    assert desk.refusal(auth.ListAuditLog(), owner) == "forbidden"
