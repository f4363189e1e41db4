"""The audit log: everything in it, nothing out of it, nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from services.common.contracts import auth
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
    for _ in range(3):
        people.log_in(owner.email)
    desk.ask(auth.UpdateMe(name="New Name"), owner)
    assert len(desk.ask(auth.ListAuditLog(action=["user.logged_in"], actor=owner.id), owner).entries) == 3
    assert len(desk.ask(auth.ListAuditLog(action=["user."]), owner).entries) >= 4
    today, later = datetime.now(UTC).date().isoformat(), "2999-01-01"
    assert desk.ask(auth.ListAuditLog(from_=later), owner).entries == []
    assert desk.ask(auth.ListAuditLog(from_=today, to=today), owner).entries != []
    page = desk.ask(auth.ListAuditLog(limit=2), owner)
    rest = desk.ask(auth.ListAuditLog(limit=2, cursor=page.pagination.next_cursor), owner)
    seen = [entry.id for entry in page.entries + rest.entries]
    assert len(set(seen)) == len(seen) == 4


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
