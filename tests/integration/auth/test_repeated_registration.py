"""A registration whose answer was lost, sent again under its `Idempotency-Key`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import eventlet
import pytest

from services.common.contracts import auth
from services.common.kit import ids
from tests.integration.auth.desk import Desk, context_of
from tests.integration.auth.people import PASSWORD, People, new_email

Rows = Callable[..., list[Any]]
Form = Callable[..., auth.Register]


@pytest.fixture(params=["an owner", "a customer"])
def form(request: pytest.FixtureRequest, people: People) -> Form:
    """`form(email)`: a new tenant's owner, or a customer of one that there is."""
    if request.param == "an owner":
        return lambda email, **more: auth.Register(**{"email": email, "password": PASSWORD, "name": "Rosa", **more})
    salon = people.register(new_email()).tenant
    assert salon is not None
    known = {"password": PASSWORD, "name": "Ann", "salon_slug": salon.slug}
    return lambda email, **more: auth.Register(**{"email": email, **known, **more})


def test_it_signs_in_whom_it_has_registered(desk: Desk, form: Form, rows: Rows) -> None:
    email, key = new_email(), ids.new_id()
    first, again = (desk.ask(form(email, device=device), idempotency_key=key) for device in ("One", "Two"))
    assert (again.user.id, again.tenant) == (first.user.id, first.tenant)
    assert again.refresh_token != first.refresh_token
    for pair in (first, again):
        assert desk.refusal(auth.Refresh(refresh_token=pair.refresh_token)) == "ok"
    written = str(rows("select * from idempotency"))
    assert not [secret for secret in (PASSWORD, first.token, first.refresh_token, "argon2") if secret in written]


def test_another_content_is_refused_and_another_key_opens_nothing(desk: Desk, form: Form) -> None:
    email, key = new_email(), ids.new_id()
    desk.ask(form(email), idempotency_key=key)
    for other in (form(email, name="Another"), form(email, password="Other-battery-9")):
        assert desk.refusal(other, idempotency_key=key) == "idempotency.key_reused"
    assert desk.refusal(form(email), idempotency_key=ids.new_id()) == "auth.email_taken"
    assert desk.refusal(form(email)) == "auth.email_taken"
    assert desk.refusal(form(new_email()), idempotency_key=key) == "ok"  # a key is the address's own


@pytest.mark.parametrize(
    "change",
    ["update users set mfa_enabled = true", "update users set is_active = false"],
    ids=["has a second factor now", "is disabled now"],
)
def test_it_is_no_way_round_what_has_happened_since(desk: Desk, form: Form, rows: Rows, change: str) -> None:
    email, key = new_email(), ids.new_id()
    made = desk.ask(form(email), idempotency_key=key)
    rows(f"{change} where id = :id", id=made.user.id)
    assert desk.refusal(form(email), idempotency_key=key) == "auth.email_taken"


def test_at_once_it_makes_one_account(desk: Desk, form: Form, rows: Rows) -> None:
    email, context = new_email(), context_of(None, idempotency_key=ids.new_id())
    pool = eventlet.GreenPool()
    outcomes = list(pool.imap(lambda _: desk.refusal(form(email), context=context), range(8)))
    assert set(outcomes) <= {"ok", "auth.email_taken", "idempotency.still_running"}
    assert "ok" in outcomes
    assert len(rows("select from users where email_key = :email", email=email)) == 1
    assert desk.refusal(form(email), context=context) == "ok"
