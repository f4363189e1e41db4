"""S-17, S-18: API keys are shown once, stored as hashes, and end when they must."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.auth.commands import forget_expired
from services.common.contracts import api_keys, auth
from services.common.contracts.auth import Role
from services.common.kit import ids
from tests.integration.auth.desk import Desk
from tests.integration.auth.people import People, new_email

Rows = Callable[..., list[Any]]


@pytest.fixture
def owner(people: People) -> auth.User:
    return people.register(new_email()).user


def make(desk: Desk, owner: auth.User, **more: Any) -> auth.NewApiKey:
    return desk.ask(auth.CreateApiKey(name="Till", scopes=["messages:write"], **more), owner)


def find(desk: Desk, key: str) -> str:
    return desk.refusal(auth.FindApiKey(key_hash=api_keys.hash_of(key)))


def test_a_key_speaks_for_its_tenant_with_its_scopes_as_a_manager_at_most(desk: Desk, owner: auth.User) -> None:
    made = make(desk, owner, rate_limit_per_minute=300)
    assert api_keys.is_well_formed_api_key(made.key)
    principal = desk.ask(auth.FindApiKey(key_hash=api_keys.hash_of(made.key)))
    assert (principal.api_key_id, principal.tenant_id) == (made.api_key.id, owner.tenant_id)
    assert (principal.role, principal.scopes, principal.rate_limit_per_minute) == (
        Role.MANAGER,
        ["messages:write"],
        300,
    )


def test_the_secret_is_shown_once_and_stored_nowhere(desk: Desk, owner: auth.User, rows: Rows) -> None:
    made = desk.ask(auth.CreateApiKey(name="Till", scopes=["messages:read"]), owner, idempotency_key=ids.new_id())
    (shown,) = desk.ask(auth.ListApiKeys(), owner).api_keys
    assert (shown.prefix, shown.last4) == (made.key[:12], made.key[-4:])
    tables = ("api_keys", "idempotency", "outbox", "audit_log", "revocations")
    assert made.key not in str([rows(f"select * from {table}") for table in tables])
    assert made.key[12:-4] not in str(shown)


def test_a_repeated_request_gets_the_same_key_and_only_for_a_day(
    desk: Desk, owner: auth.User, people: People, rows: Rows
) -> None:
    request, key = auth.CreateApiKey(name="Till", scopes=["messages:read"]), ids.new_id()
    made, again = (desk.ask(request, owner, idempotency_key=key) for _ in range(2))
    assert made == again
    other = auth.CreateApiKey(name="Other", scopes=["messages:read"])
    assert desk.refusal(other, owner, idempotency_key=key) == "idempotency.key_reused"
    rows("update api_keys set created_at = created_at - interval '25 hours' where id = :id", id=made.api_key.id)
    with people.begin()() as uow:
        forget_expired.run(uow, people.security)
    assert desk.refusal(request, owner, idempotency_key=key) == "auth.api_key_over"
    assert find(desk, made.key) == "ok"


@pytest.mark.parametrize(
    "scope", ["users:write", "api-keys:read", "audit-log:read", "subscription:write", "magic:read"]
)
def test_some_rights_are_not_for_programs(desk: Desk, owner: auth.User, scope: str) -> None:
    request = auth.CreateApiKey(name="Till", scopes=["messages:read", scope])
    assert desk.refusal(request, owner) == "auth.scope_unknown"


def test_a_revoked_key_is_over_at_once(desk: Desk, owner: auth.User, rows: Rows) -> None:
    made = make(desk, owner)
    for _ in range(2):
        desk.ask(auth.RevokeApiKey(api_key_id=made.api_key.id), owner)
    assert find(desk, made.key) == "auth.bad_api_key"
    assert made.api_key.id in {item.id for item in desk.ask(auth.ListRevocations()).revocations}
    told = rows("select routing_key from outbox where tenant_id = :id", id=owner.tenant_id)
    assert [row.routing_key for row in told].count("key.revoked.v1") == 1


def test_an_expired_key_is_over_and_none_is_made_expired(desk: Desk, owner: auth.User, rows: Rows) -> None:
    made = make(desk, owner, expires_at=datetime.now(UTC) + timedelta(hours=1))
    assert find(desk, made.key) == "ok"
    rows("update api_keys set expires_at = now() - interval '1 second' where id = :id", id=made.api_key.id)
    assert find(desk, made.key) == "auth.bad_api_key"
    past = auth.CreateApiKey(name="Till", scopes=["messages:read"], expires_at=datetime.now(UTC))
    assert desk.refusal(past, owner) == "invalid"


def test_a_rotated_key_has_a_grace(desk: Desk, owner: auth.User, rows: Rows) -> None:
    old = make(desk, owner)
    new = desk.ask(auth.RotateApiKey(api_key_id=old.api_key.id, grace_seconds=3600), owner)
    assert (new.api_key.scopes, new.api_key.name) == (old.api_key.scopes, old.api_key.name)
    assert [find(desk, key.key) for key in (old, new)] == ["ok", "ok"]
    assert desk.refusal(auth.RotateApiKey(api_key_id=old.api_key.id), owner) == "auth.api_key_over"
    rows("update api_keys set expires_at = now() where id = :id", id=old.api_key.id)
    assert [find(desk, key.key) for key in (old, new)] == ["auth.bad_api_key", "ok"]
    at_once = desk.ask(auth.RotateApiKey(api_key_id=new.api_key.id, grace_seconds=0), owner)
    assert [find(desk, key.key) for key in (new, at_once)] == ["auth.bad_api_key", "ok"]


def test_a_suspended_tenants_key_is_known_for_who_refuses_it_must_say_why(
    desk: Desk, owner: auth.User, rows: Rows
) -> None:
    made = make(desk, owner)
    rows("update tenants set status = 'SUSPENDED' where tenant_id = :id", id=owner.tenant_id)
    assert find(desk, made.key) == "ok"
    refused = {(each.kind, each.id) for each in desk.ask(auth.ListRevocations()).revocations}
    assert (auth.RevocationKind.TENANT, owner.tenant_id) in refused


def test_use_is_noted_now_and_then(desk: Desk, owner: auth.User, rows: Rows) -> None:
    made = make(desk, owner)
    uses = []
    for _ in range(2):
        find(desk, made.key)
        uses.append(desk.ask(auth.ListApiKeys(), owner).api_keys[0].last_used_at)
    assert uses[0] is not None
    assert uses[0] == uses[1]


def test_another_tenants_keys_do_not_exist(desk: Desk, owner: auth.User, people: People) -> None:
    made, stranger = make(desk, owner), people.register(new_email()).user
    for request in (auth.RevokeApiKey(api_key_id=made.api_key.id), auth.RotateApiKey(api_key_id=made.api_key.id)):
        assert desk.refusal(request, stranger) == "auth.api_key_not_found"
    assert desk.ask(auth.ListApiKeys(), stranger).api_keys == []


def test_only_an_owner_has_keys_made(desk: Desk, owner: auth.User, rows: Rows) -> None:
    rows("update users set role = 'MANAGER' where id = :id", id=owner.id)
    request = auth.CreateApiKey(name="Till", scopes=["messages:read"])
    assert desk.refusal(request, owner) == "forbidden"
    assert desk.refusal(request, caller=ids.new_id(), tenant_id=owner.tenant_id) == "auth.user_needed"
