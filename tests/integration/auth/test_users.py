"""Invitations, roles and their limits, the last owner, removal. S-14: who is disabled is out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import eventlet
import pytest

from services.common.contracts import auth
from services.common.contracts.auth import Role
from services.common.kit import ids
from tests.integration.auth.desk import Desk, context_of
from tests.integration.auth.people import PASSWORD, People, new_email

Rows = Callable[..., list[Any]]
PostOffice = Callable[[], list[str]]


@pytest.fixture
def owner(people: People) -> auth.User:
    return people.register(new_email()).user


@pytest.fixture
def hire(desk: Desk, owner: auth.User, post_office: PostOffice) -> Callable[..., auth.User]:
    """`hire(Role.MANAGER)`: somebody who has accepted an invitation."""

    def invite_and_accept(role: Role, **more: Any) -> auth.User:
        email = new_email()
        desk.ask(auth.InviteUser(email=email, role=role, **more), owner)
        post_office()
        answer = desk.ask(auth.AcceptInvitation(token=desk.tray.token_for(email), password=PASSWORD, name="Ann"))
        assert isinstance(answer.user, auth.User)
        return answer.user

    return invite_and_accept


def test_an_invited_person_signs_in_after_accepting_and_not_before(
    desk: Desk, people: People, owner: auth.User, post_office: PostOffice
) -> None:
    email = new_email()
    invited = desk.ask(auth.InviteUser(email=email, role=Role.STAFF, name="Ann Weber"), owner)
    assert (invited.status, invited.is_active) == (auth.UserStatus.INVITED, False)
    with pytest.raises(auth.BadCredentials):
        people.log_in(email, "Wrong-horse-7")
    post_office()
    token = desk.tray.token_for(email)
    request, call = (
        auth.AcceptInvitation(token=token, password=PASSWORD),
        context_of(None, idempotency_key=ids.new_id()),
    )
    answer = desk.ask(request, context=call)
    assert isinstance(answer.user, auth.User)
    assert (answer.user.id, answer.user.role, answer.user.email_verified) == (invited.id, Role.STAFF, True)
    assert answer.user.tenant_id == owner.tenant_id
    assert desk.ask(request, context=call).token  # the answer was lost and the call is brought again
    wrong = auth.AcceptInvitation(token=token, password="Wrong-horse-7")
    for other, how in ((request, context_of(None)), (wrong, context_of(None)), (wrong, call)):
        assert desk.refusal(other, context=how) == "auth.bad_one_time_token"
    assert people.log_in(email).user.id == invited.id


def test_an_invitation_takes_nobodys_address_away(desk: Desk, people: People, owner: auth.User) -> None:
    email = new_email()
    desk.ask(auth.InviteUser(email=email), owner)
    assert desk.refusal(auth.InviteUser(email=email.upper()), owner) == "auth.email_taken"
    elsewhere = people.register(email).user
    assert elsewhere.tenant_id != owner.tenant_id
    assert desk.refusal(auth.InviteUser(email=email), owner) == "auth.email_taken"


def test_who_has_an_account_meanwhile_cannot_accept(
    desk: Desk, people: People, owner: auth.User, post_office: PostOffice
) -> None:
    email = new_email()
    desk.ask(auth.InviteUser(email=email), owner)
    post_office()
    token = desk.tray.token_for(email)
    people.register(email)
    assert desk.refusal(auth.AcceptInvitation(token=token, password=PASSWORD)) == "auth.email_taken"


def test_a_repeated_invitation_request_invites_once(desk: Desk, owner: auth.User, rows: Rows) -> None:
    email, key = new_email(), ids.new_id()
    first, again = (desk.ask(auth.InviteUser(email=email), owner, idempotency_key=key) for _ in range(2))
    assert first == again
    assert len(rows("select from letters where user_id = :id", id=first.id)) == 1


def test_a_new_invitation_replaces_the_token(desk: Desk, owner: auth.User, post_office: PostOffice) -> None:
    email = new_email()
    invited = desk.ask(auth.InviteUser(email=email), owner)
    post_office()
    first = desk.tray.token_for(email)
    desk.ask(auth.ResendInvitation(user_id=invited.id), owner)
    post_office()
    assert desk.refusal(auth.AcceptInvitation(token=first, password=PASSWORD)) == "auth.bad_one_time_token"
    assert desk.refusal(auth.AcceptInvitation(token=desk.tray.token_for(email), password=PASSWORD)) == "ok"
    assert desk.refusal(auth.ResendInvitation(user_id=invited.id), owner) == "auth.not_invited"


@pytest.mark.parametrize(
    ("actor", "role", "code"),
    [
        (Role.STAFF, Role.STAFF, "forbidden"),
        (Role.MANAGER, Role.STAFF, "ok"),
        (Role.MANAGER, Role.MANAGER, "ok"),
        (Role.MANAGER, Role.OWNER, "auth.role_too_high"),
        (Role.OWNER, Role.OWNER, "ok"),
        (Role.OWNER, Role.SUPER_ADMIN, "auth.role_too_high"),
    ],
)
def test_nobody_makes_more_than_themselves(
    desk: Desk, hire: Callable[..., auth.User], actor: Role, role: Role, code: str
) -> None:
    caller, other = hire(actor), hire(Role.STAFF)
    assert desk.refusal(auth.InviteUser(email=new_email(), role=role), caller) == code
    raised = desk.refusal(auth.UpdateUser(user_id=other.id, role=role), caller)
    assert raised == code
    assert desk.ask(auth.GetUser(user_id=other.id), caller).role == (role if code == "ok" else Role.STAFF)


def test_a_manager_touches_no_owner_and_nobody_raises_or_disables_themselves(
    desk: Desk, owner: auth.User, hire: Callable[..., auth.User]
) -> None:
    manager, second = hire(Role.MANAGER), hire(Role.OWNER)
    for request in (
        auth.UpdateUser(user_id=owner.id, name="X"),
        auth.UpdateUser(user_id=owner.id, is_active=False),
        auth.RemoveUser(user_id=owner.id),
    ):
        assert desk.refusal(request, manager) == "auth.role_too_high"
    assert desk.refusal(auth.UpdateUser(user_id=manager.id, role=Role.STAFF), manager) == "auth.own_account"
    assert desk.refusal(auth.UpdateUser(user_id=second.id, is_active=False), second) == "auth.own_account"
    assert desk.refusal(auth.RemoveUser(user_id=second.id), second) == "auth.own_account"


def test_salon_limits_are_not_widened_by_who_has_them(desk: Desk, hire: Callable[..., auth.User]) -> None:
    here, there = ids.new_id(), ids.new_id()
    manager = hire(Role.MANAGER, salon_ids=[here])
    assert desk.refusal(auth.InviteUser(email=new_email(), salon_ids=[here]), manager) == "ok"
    for salons in ([], [there], [here, there]):
        request = auth.InviteUser(email=new_email(), salon_ids=salons)
        assert desk.refusal(request, manager) == "auth.role_too_high"
    unlimited = hire(Role.STAFF)
    assert desk.refusal(auth.UpdateUser(user_id=unlimited.id, name="X"), manager) == "auth.role_too_high"


def test_salons_are_named_once_and_not_without_end(desk: Desk, owner: auth.User) -> None:
    here, there = sorted(ids.new_id() for _ in range(2))
    invited = desk.ask(auth.InviteUser(email=new_email(), salon_ids=[there, here, there]), owner)
    assert invited.salon_ids == [here, there]
    changed = desk.ask(auth.UpdateUser(user_id=invited.id, salon_ids=[here, here]), owner)
    assert changed.salon_ids == [here]
    many = [ids.new_id() for _ in range(201)]
    for request in (
        auth.InviteUser(email=new_email(), salon_ids=many),
        auth.UpdateUser(user_id=invited.id, salon_ids=many),
    ):
        assert desk.refusal(request, owner) == "invalid"


def test_the_last_owner_stays(desk: Desk, owner: auth.User, hire: Callable[..., auth.User]) -> None:
    for request in (
        auth.UpdateUser(user_id=owner.id, role=Role.STAFF),
        auth.UpdateUser(user_id=owner.id, is_active=False),
        auth.RemoveUser(user_id=owner.id),
    ):
        assert desk.refusal(request, owner) == "auth.last_owner"
    second = hire(Role.OWNER)
    assert desk.refusal(auth.RemoveUser(user_id=second.id), owner) == "ok"


def test_two_owners_cannot_remove_each_other_at_once(
    desk: Desk, owner: auth.User, hire: Callable[..., auth.User], rows: Rows
) -> None:
    second = hire(Role.OWNER)
    for _ in range(5):
        pool = eventlet.GreenPool()
        tries = [
            pool.spawn(desk.refusal, auth.UpdateUser(user_id=second.id, role=Role.STAFF), owner),
            pool.spawn(desk.refusal, auth.UpdateUser(user_id=owner.id, role=Role.STAFF), second),
        ]
        assert [each.wait() for each in tries].count("ok") == 1
        assert len(rows("select from users where tenant_id = :id and role = 'OWNER'", id=owner.tenant_id)) == 1
        rows("update users set role = 'OWNER' where tenant_id = :id", id=owner.tenant_id)


def test_disabling_shuts_every_door_at_once(
    desk: Desk, people: People, owner: auth.User, hire: Callable[..., auth.User]
) -> None:
    staff = hire(Role.STAFF)
    session = people.log_in(staff.email)
    desk.ask(auth.UpdateUser(user_id=staff.id, is_active=False), owner)
    assert desk.refusal(auth.Refresh(refresh_token=session.refresh_token)) == "auth.bad_refresh_token"
    with pytest.raises(auth.BadCredentials):
        people.log_in(staff.email)
    assert desk.refusal(auth.GetMe(), staff) == "unauthenticated"
    kinds = {str(item.kind) for item in desk.ask(auth.ListRevocations()).revocations if item.id == staff.id}
    assert kinds == {"USER"}
    desk.ask(auth.UpdateUser(user_id=staff.id, is_active=True), owner)
    assert people.log_in(staff.email)


def test_a_removed_user_is_gone_and_the_address_is_free(
    desk: Desk, people: People, owner: auth.User, hire: Callable[..., auth.User], rows: Rows
) -> None:
    staff = hire(Role.STAFF)
    session = people.log_in(staff.email)
    desk.ask(auth.RemoveUser(user_id=staff.id), owner)
    assert desk.refusal(auth.Refresh(refresh_token=session.refresh_token)) == "auth.bad_refresh_token"
    assert desk.refusal(auth.GetUser(user_id=staff.id), owner) == "auth.user_not_found"
    assert people.register(str(staff.email)).user.id != staff.id
    assert rows("select from users where id = :id", id=staff.id) == []
    (entry,) = desk.ask(auth.ListAuditLog(action=["user.removed"]), owner).entries
    assert entry.target_id == staff.id


def test_users_are_listed_by_page_filter_and_search(
    desk: Desk, owner: auth.User, hire: Callable[..., auth.User]
) -> None:
    staff = [hire(Role.STAFF) for _ in range(3)]
    page = desk.ask(auth.ListUsers(limit=2), owner)
    assert [user.id for user in page.users] == [owner.id, staff[0].id]
    rest = desk.ask(auth.ListUsers(limit=2, cursor=page.pagination.next_cursor), owner)
    assert [user.id for user in rest.users] == [staff[1].id, staff[2].id]
    assert [user.id for user in desk.ask(auth.ListUsers(role=Role.OWNER), owner).users] == [owner.id]
    found = desk.ask(auth.ListUsers(search=str(staff[1].email)[:10]), owner).users
    assert [user.id for user in found] == [staff[1].id]
    assert desk.ask(auth.ListUsers(status=auth.UserStatus.INVITED), owner).users == []
    assert desk.ask(auth.ListUsers(search="%"), owner).users == []


def test_another_tenants_users_do_not_exist(desk: Desk, people: People, owner: auth.User) -> None:
    stranger = people.register(new_email()).user
    for request in (
        auth.GetUser(user_id=stranger.id),
        auth.UpdateUser(user_id=stranger.id, name="X"),
        auth.RemoveUser(user_id=stranger.id),
        auth.ResendInvitation(user_id=stranger.id),
    ):
        assert desk.refusal(request, owner) == "auth.user_not_found"


def test_a_program_makes_no_people(desk: Desk, owner: auth.User) -> None:
    request = auth.InviteUser(email=new_email())
    assert desk.refusal(request, caller=ids.new_id(), tenant_id=owner.tenant_id) == "auth.user_needed"
