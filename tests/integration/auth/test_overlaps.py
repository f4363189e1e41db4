"""S-14: whoever is on the way in while an account changes is let in as the account is then, or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import eventlet
import pytest
import sqlalchemy as sa
from eventlet.event import Event
from eventlet.greenthread import GreenThread

from services.auth.commands import change_password, remove_user, reset_password, send_letter, update_user, verify_email
from services.common.contracts import auth
from services.common.contracts.errors import ServiceError
from services.common.kit import ids
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.uow import SYSTEM, TENANT, Scope, UnitOfWork
from tests.integration.auth.desk import Desk, context_of
from tests.integration.auth.people import PASSWORD, People, new_email
from tests.integration.auth.test_second_factor import challenge, code_of, enrol

Rows = Callable[..., list[Any]]
PostOffice = Callable[[], list[str]]
During = Callable[[str, Callable[[], Any]], Any]
NEW = "Better-battery-8"


class Held(Begin):
    """Its last transaction has done everything, and commits when it is told to."""

    def __init__(self, desk: Desk, context: Context, scope: Scope = SYSTEM, *, transactions: int = 1) -> None:
        super().__init__(desk.database, context, scope)
        self._left = transactions
        self.is_done, self.may_commit = Event(), Event()

    def __call__(
        self, scope: Scope | None = None, tenant_id: str | None = None, *, read_only: bool = False
    ) -> contextlib.AbstractContextManager[UnitOfWork]:
        return self._hold(super().__call__(scope, tenant_id, read_only=read_only))

    @contextlib.contextmanager
    def _hold(self, transaction: contextlib.AbstractContextManager[UnitOfWork]) -> Iterator[UnitOfWork]:
        with transaction as uow:
            yield uow
            self._left -= 1
            if not self._left:
                uow.store_events()
                self.is_done.send()
                self.may_commit.wait()


@pytest.fixture
def overlap(rows: Rows) -> Callable[[Held, Callable[[], Any], Callable[[], Any]], Any]:
    """`overlap(held, change, attempt)`: the outcome of an attempt that begins before the change is committed."""

    def run(held: Held, change: Callable[[], Any], attempt: Callable[[], Any]) -> Any:
        changing = eventlet.spawn(change)
        held.is_done.wait()
        attempting = eventlet.spawn(_outcome, attempt)
        until_held_up(rows, attempting)
        held.may_commit.send()
        changing.wait()
        return _of(attempting)

    return run


def until_held_up(rows: Rows, attempting: GreenThread) -> None:
    """Until it waits for a lock, or has come through."""
    waits = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    with eventlet.Timeout(10):
        while not (attempting.dead or rows(waits)):
            eventlet.sleep(0.02)


def _outcome(attempt: Callable[[], Any]) -> Any:
    try:
        return attempt()
    except ServiceError as error:
        return error.code


def _of(thread: GreenThread) -> Any:
    with eventlet.Timeout(10):
        return thread.wait()


@pytest.fixture
def owner(people: People, post_office: PostOffice) -> auth.User:
    owner = people.register(new_email()).user
    post_office()
    return owner


@pytest.fixture
def colleague(desk: Desk, owner: auth.User, post_office: PostOffice) -> auth.User:
    """Somebody whom the owner may change."""
    address = new_email()
    desk.ask(auth.InviteUser(email=address, name="Ann", role=auth.Role.MANAGER), owner)
    post_office()
    joined = desk.ask(auth.AcceptInvitation(token=desk.tray.token_for(address), password=PASSWORD))
    assert isinstance(joined.user, auth.User)
    return joined.user


Change = Callable[[], tuple[Held, Callable[[], Any]]]


@pytest.fixture
def changes(desk: Desk, owner: auth.User, colleague: auth.User, post_office: PostOffice) -> dict[str, Change]:
    """What may happen to the colleague's account, ready to begin."""
    security = desk.service.security

    def reset() -> tuple[Held, Callable[[], Any]]:
        desk.ask(auth.ForgotPassword(email=str(colleague.email)))
        post_office()
        request = auth.ResetPassword(token=desk.tray.token_for(colleague.email), new_password=NEW)
        held = Held(desk, context_of(None), transactions=2)
        return held, lambda: reset_password.run(request, held, security)

    def change() -> tuple[Held, Callable[[], Any]]:
        request = auth.ChangePassword(current_password=PASSWORD, new_password=NEW)
        held = Held(desk, context_of(colleague), transactions=2)
        return held, lambda: change_password.run(request, held, security)

    def update(**to: Any) -> tuple[Held, Callable[[], Any]]:
        held = Held(desk, context_of(owner), TENANT)

        def act() -> None:
            with held() as uow:
                update_user.run(auth.UpdateUser(user_id=colleague.id, **to), uow, security)

        return held, act

    def remove() -> tuple[Held, Callable[[], Any]]:
        held = Held(desk, context_of(owner), TENANT)

        def act() -> None:
            with held() as uow:
                remove_user.run(auth.RemoveUser(user_id=colleague.id), uow, security)

        return held, act

    return {
        "reset": reset,
        "new password": change,
        "disabled": lambda: update(is_active=False),
        "removed": remove,
        "role": lambda: update(role=auth.Role.STAFF),
    }


@pytest.fixture
def during(changes: dict[str, Change], overlap: Any) -> Callable[[str, Callable[[], Any]], Any]:
    """`during(what, attempt)`: the same of a change of the colleague's account."""

    def run(what: str, attempt: Callable[[], Any]) -> Any:
        held, change = changes[what]()
        return overlap(held, change, attempt)

    return run


def open_sessions(rows: Rows, who: auth.User) -> list[Any]:
    return rows("select id from sessions where user_id = :id and ended_at is null", id=who.id)


OUT = ["reset", "new password", "disabled", "removed"]


@pytest.mark.parametrize("what", OUT)
def test_the_old_password_opens_nothing_while_the_account_changes(
    people: People, rows: Rows, colleague: auth.User, during: During, what: str
) -> None:
    assert during(what, lambda: people.log_in(colleague.email)) == "auth.bad_credentials"
    assert open_sessions(rows, colleague) == []


@pytest.mark.parametrize("what", OUT)
def test_nor_does_a_login_that_waited_for_its_second_factor(
    desk: Desk, rows: Rows, colleague: auth.User, during: During, what: str
) -> None:
    seed, _ = enrol(desk, colleague)
    verify = auth.VerifyMfa(mfa_token=challenge(desk, colleague), code=code_of(seed, 1))
    assert during(what, lambda: desk.ask(verify)) == "auth.bad_mfa_token"
    assert open_sessions(rows, colleague) == []


@pytest.mark.parametrize("what", OUT)
def test_nor_does_a_refresh(desk: Desk, rows: Rows, colleague: auth.User, during: During, what: str) -> None:
    token = str(desk.ask(password_of(colleague)).refresh_token)
    outcome = during(what, lambda: desk.ask(auth.Refresh(refresh_token=token)))
    assert outcome == "auth.bad_refresh_token"
    assert open_sessions(rows, colleague) == []


def password_of(who: auth.User) -> auth.Login:
    return auth.Login(email=str(who.email), password=PASSWORD)


def linked(desk: Desk, rows: Rows, who: auth.User) -> auth.LoginWithTelegram:
    """How somebody would sign in by Telegram."""
    telegram_id = int(who.id[-9:], 16)
    rows("update users set telegram_id = :telegram_id where id = :id", telegram_id=str(telegram_id), id=who.id)
    slug = desk.tenants.made[str(who.tenant_id)].slug
    return auth.LoginWithTelegram(salon_slug=slug, widget={"id": telegram_id, "auth_date": 1, "hash": ids.new_id()})


def test_nor_does_telegram(desk: Desk, rows: Rows, colleague: auth.User, during: During) -> None:
    login = linked(desk, rows, colleague)
    assert during("disabled", lambda: desk.ask(login)) == "auth.bad_credentials"
    assert open_sessions(rows, colleague) == []


@pytest.mark.parametrize("way", ["password", "telegram"])
def test_who_comes_in_while_the_role_changes_has_the_new_one(
    desk: Desk, rows: Rows, colleague: auth.User, during: During, way: str
) -> None:
    login = linked(desk, rows, colleague)
    ways = {"password": lambda: desk.ask(password_of(colleague)), "telegram": lambda: desk.ask(login)}
    assert during("role", ways[way]).user.role is auth.Role.STAFF


def test_nor_does_an_invitation_whose_answer_was_lost(
    desk: Desk, rows: Rows, owner: auth.User, post_office: PostOffice, overlap: Any
) -> None:
    address, call = new_email(), context_of(None, idempotency_key=ids.new_id())
    desk.ask(auth.InviteUser(email=address, name="Ann"), owner)
    post_office()
    accept = auth.AcceptInvitation(token=desk.tray.token_for(address), password=PASSWORD)
    colleague = desk.ask(accept, context=call).user
    assert isinstance(colleague, auth.User)
    held = Held(desk, context_of(colleague), transactions=2)
    request = auth.ChangePassword(current_password=PASSWORD, new_password=NEW)
    outcome = overlap(
        held,
        lambda: change_password.run(request, held, desk.service.security),
        lambda: desk.ask(accept, context=call),
    )
    assert outcome == "auth.bad_one_time_token"
    assert open_sessions(rows, colleague) == []


def test_a_letter_on_its_way_to_an_address_that_is_left_opens_nothing(
    desk: Desk, rows: Rows, owner: auth.User, post_office: PostOffice, overlap: Any
) -> None:
    desk.ask(auth.ChangeEmail(email=new_email(), password=PASSWORD), owner)
    post_office()
    verify = auth.VerifyEmail(token=desk.tray.token_for(desk.tray.sent[-1].to))
    desk.ask(auth.ForgotPassword(email=str(owner.email)))
    (letter,) = rows("select id from letters where done_at is null and kind = 'RESET_PASSWORD'")
    held = Held(desk, context_of(None))
    post = desk.service.post
    event = auth.LetterOrderedV1(letter_id=str(letter.id))
    assert overlap(held, lambda: send_letter.run(event, held, post), lambda: desk.ask(verify)) is None
    reset = auth.ResetPassword(token=desk.tray.token_for(owner.email), new_password=NEW)
    assert desk.refusal(reset) == "auth.bad_one_time_token"


def test_a_letter_is_not_written_to_an_address_that_is_being_left(
    desk: Desk, rows: Rows, owner: auth.User, post_office: PostOffice, overlap: Any
) -> None:
    desk.ask(auth.ChangeEmail(email=new_email(), password=PASSWORD), owner)
    post_office()
    verify = auth.VerifyEmail(token=desk.tray.token_for(desk.tray.sent[-1].to))
    desk.ask(auth.ForgotPassword(email=str(owner.email)))
    (letter,) = rows("select id from letters where done_at is null and kind = 'RESET_PASSWORD'")
    held = Held(desk, context_of(None))

    def change() -> None:
        with held() as uow:
            verify_email.run(verify, uow)

    overlap(held, change, lambda: desk.deliver(str(letter.id), None))
    assert rows("select from one_time_tokens where user_id = :id and purpose = 'RESET_PASSWORD'", id=owner.id) == []


def test_a_reset_is_for_the_address_that_its_mail_went_to(
    desk: Desk, rows: Rows, owner: auth.User, post_office: PostOffice
) -> None:
    desk.ask(auth.ForgotPassword(email=str(owner.email)))
    post_office()
    reset = auth.ResetPassword(token=desk.tray.token_for(owner.email), new_password=NEW)
    rows("update users set email = :to, email_key = :to where id = :id", to=new_email(), id=owner.id)
    assert desk.refusal(reset) == "auth.bad_one_time_token"


def test_a_token_is_taken_only_after_its_user(desk: Desk, people: People, rows: Rows, owner: auth.User) -> None:
    """Else it and whoever has the user, and is about to withdraw the token, would wait for each other."""
    seed, _ = enrol(desk, owner)
    verify = auth.VerifyMfa(mfa_token=challenge(desk, owner), code=code_of(seed, 1))
    with people.begin()() as uow:
        lock = "select 1 from {} where {} = :id for update nowait"
        uow.session.execute(sa.text(lock.format("users", "id")), {"id": owner.id})
        verifying = eventlet.spawn(desk.ask, verify)
        until_held_up(rows, verifying)
        uow.session.execute(sa.text(lock.format("one_time_tokens", "user_id")), {"id": owner.id})
    assert _of(verifying).user.id == owner.id
