"""No password is compared for those who have given up, whatever they have sent it for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.common.contracts import auth
from services.common.contracts.base import Request
from services.common.kit import clock, ids
from services.common.kit.context import Context
from tests.integration.auth.desk import Desk, context_of
from tests.integration.auth.people import PASSWORD, People, new_email

NEW = "Better-battery-8"


@pytest.fixture
def owner(people: People) -> auth.SignedIn:
    return people.register(new_email())


@pytest.fixture
def repeated(desk: Desk, owner: auth.SignedIn, post_office: Callable[[], list[str]]) -> dict[str, Request[Any]]:
    """Calls that have had their effect, each under its name as `Idempotency-Key`."""
    invited, registered, key = new_email(), new_email(), ids.new_id()
    desk.ask(auth.InviteUser(email=invited, name="Ann"), owner.user)
    desk.ask(auth.ForgotPassword(email=str(owner.user.email)))
    post_office()
    calls: dict[str, Request[Any]] = {
        f"{key}-accept": auth.AcceptInvitation(token=desk.tray.token_for(invited), password=PASSWORD),
        f"{key}-reset": auth.ResetPassword(token=desk.tray.token_for(owner.user.email), new_password=PASSWORD),
        f"{key}-register": auth.Register(email=registered, password=PASSWORD, name="Ann"),
    }
    for name, call in calls.items():
        desk.ask(call, context=context_of(None, idempotency_key=name))
    return calls


def test_who_gave_up_is_not_compared_with(desk: Desk, owner: auth.SignedIn) -> None:
    assert owner.tenant is not None
    widget = {"id": 1, "auth_date": 1, "hash": ids.new_id()}
    requests: list[Request[Any]] = [
        auth.Login(email=str(owner.user.email), password=PASSWORD),
        auth.ChangePassword(current_password=PASSWORD, new_password=NEW),
        auth.ChangeEmail(email=new_email(), password=PASSWORD),
        auth.EnrolTotp(password=PASSWORD),
        auth.DisableTotp(password=PASSWORD),
        auth.RegenerateRecoveryCodes(password=PASSWORD),
        auth.LinkTelegram(salon_slug=owner.tenant.slug, widget=widget, password=PASSWORD),
    ]
    outcomes = {request.METHOD: desk.refusal(request, context=given_up(owner.user)) for request in requests}
    assert set(outcomes.values()) == {"auth.busy"}, outcomes


def test_nor_are_calls_that_come_again(desk: Desk, repeated: dict[str, Request[Any]]) -> None:
    late = {name: given_up(None, idempotency_key=name) for name in repeated}
    outcomes = {name: desk.refusal(call, context=late[name]) for name, call in repeated.items()}
    assert set(outcomes.values()) == {"auth.busy"}, outcomes
    in_time = {name: context_of(None, idempotency_key=name) for name in repeated}
    outcomes = {name: desk.refusal(call, context=in_time[name]) for name, call in repeated.items()}
    assert set(outcomes.values()) == {"ok"}, outcomes


def given_up(who: auth.User | None, **known: str) -> Context:
    return context_of(who, deadline=clock.epoch() - 1, **known)
