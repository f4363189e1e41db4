"""S-17, S-18: keys of programs: what they may do, how they are replaced and ended, how often they may call."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.api import Api
from tests.e2e.patience import eventually
from tests.e2e.people import Account, await_refusal


@dataclass
class Program:
    """Who calls with a key; `shown` is what its owner sees of it."""

    api: Api
    key: str
    shown: dict[str, Any]

    @classmethod
    def of(cls, nobody: Api, made: dict[str, Any]) -> Program:
        return cls(nobody.as_caller(made["key"]), made["key"], made["apiKey"])

    @property
    def path(self) -> str:
        return f"/api-keys/{self.shown['id']}"


def make_program(owner: Account, *scopes: str, **more: Any) -> Program:
    form = {"name": "Till", "scopes": list(scopes) or ["salons:read"], **more}
    return Program.of(owner.nobody, owner.first.api.post("/api-keys", form).data)


def listed(owner: Account) -> dict[str, dict[str, Any]]:
    """By id, as the owner sees them."""
    return {key["id"]: key for key in owner.first.api.get("/api-keys").data["apiKeys"]}


def test_a_key_is_shown_once_and_does_what_its_scopes_say(owner: Account) -> None:
    program = make_program(owner, "salons:read", "settings:read")
    assert program.api.get("/salons").status == 200
    assert program.api.get("/settings").status == 200
    for method, path, body in (("GET", "/conversations", None), ("PATCH", "/settings", {"locale": "de"})):
        refused = program.api.call(method, path, body)
        assert (refused.status, refused.code) == (403, "gateway.scope_missing")
    shown = listed(owner)[program.shown["id"]]
    assert program.key.startswith(shown["prefix"])
    assert program.key.endswith(shown["last4"])
    assert shown["scopes"] == ["salons:read", "settings:read"]
    assert program.key not in owner.first.api.get("/api-keys").response.text


def test_a_key_can_do_nothing_that_is_for_people(owner: Account) -> None:
    program = make_program(owner, "salons:read")
    for path in ("/auth/me", "/api-keys", "/users", "/subscription"):
        refused = program.api.get(path)
        assert (refused.status, refused.code) == (403, "gateway.user_needed"), path
    for scope in ("users:write", "api-keys:read", "subscription:write", "nonsense:read"):
        refused = owner.first.api.post("/api-keys", {"name": "More", "scopes": [scope]})
        assert (refused.status, refused.code) == (422, "auth.scope_unknown"), scope


def test_a_key_belongs_into_the_header_alone(owner: Account) -> None:
    """S-19: what stands in an address stands in logs."""
    program = make_program(owner, "salons:read")
    for name in ("api_key", "apiKey", "access_token"):
        refused = owner.nobody.get("/salons", **{name: program.key})
        assert (refused.status, refused.code) == (401, "gateway.unauthenticated")
    header = owner.nobody.call("GET", "/salons", headers={"X-Api-Key": program.key})
    assert header.status == 401


def test_what_is_nearly_a_key_is_refused(owner: Account) -> None:
    key = make_program(owner).key
    nearly = {
        "a typing mistake": key[:-1] + ("a" if key[-1] != "a" else "b"),
        "other letters": key.upper(),
        "without its check sum": key[:-6],
        "twice": f"{key} {key}",
    }
    for name, text in nearly.items():
        assert owner.nobody.as_caller(text).get("/salons").code == "gateway.unauthenticated", name


def test_the_last_use_is_shown(owner: Account) -> None:
    program = make_program(owner)
    assert listed(owner)[program.shown["id"]]["lastUsedAt"] is None
    assert program.api.get("/salons").status == 200
    used_at = eventually("the last use", lambda: listed(owner)[program.shown["id"]]["lastUsedAt"])
    assert abs(datetime.now(UTC) - datetime.fromisoformat(used_at)) < timedelta(minutes=6)


def test_a_replaced_key_works_beside_its_successor_until_the_grace_is_over(owner: Account) -> None:
    old = make_program(owner, "salons:read", rateLimitPerMinute=500)
    # Nobody has asked with the old key yet: the gateway goes for up to 30 s by what it was told of one.
    made = owner.first.api.post(f"{old.path}/rotate", {"graceSeconds": 5}).data
    new = Program.of(owner.nobody, made)
    assert (new.shown["scopes"], new.shown["rateLimitPerMinute"]) == (["salons:read"], 500)
    assert new.key != old.key
    assert (old.api.get("/salons").status, new.api.get("/salons").status) == (200, 200)
    assert listed(owner)[old.shown["id"]]["replacedBy"] == new.shown["id"]
    again = owner.first.api.post(f"{old.path}/rotate", {})
    assert (again.status, again.code) == (409, "auth.api_key_over")
    await_refusal(old.api, "/salons")
    assert new.api.get("/salons").status == 200


def test_without_a_grace_the_old_key_ends_at_once(owner: Account) -> None:
    old = make_program(owner)
    assert old.api.get("/salons").status == 200
    new = Program.of(owner.nobody, owner.first.api.post(f"{old.path}/rotate", {"graceSeconds": 0}).data)
    await_refusal(old.api, "/salons")
    assert new.api.get("/salons").status == 200


def test_a_revoked_key_is_refused_and_stays_in_the_list(owner: Account) -> None:
    program, other = make_program(owner), make_program(owner)
    assert program.api.get("/salons").status == 200
    assert owner.first.api.call("DELETE", program.path).status == 200
    await_refusal(program.api, "/salons")
    assert other.api.get("/salons").status == 200
    shown = listed(owner)
    assert (bool(shown[program.shown["id"]]["revokedAt"]), shown[other.shown["id"]]["revokedAt"]) == (True, None)


def test_a_key_ends_by_itself_on_its_day(owner: Account) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=5)
    program = make_program(owner, expiresAt=soon.isoformat())
    assert program.api.get("/salons").status == 200
    await_refusal(program.api, "/salons")
    past = {"name": "Late", "scopes": ["salons:read"], "expiresAt": (soon - timedelta(days=1)).isoformat()}
    assert set(owner.first.api.post("/api-keys", past).json["errors"]) == {"expiresAt"}


def test_a_key_has_a_limit_of_its_own(owner: Account) -> None:
    slow, quick = make_program(owner, rateLimitPerMinute=5), make_program(owner, rateLimitPerMinute=500)
    answers = [slow.api.get("/salons") for _ in range(8)]
    assert Counter(answer.status for answer in answers)[429] >= 2
    refused = next(answer for answer in answers if answer.status == 429)
    assert (refused.code, refused.headers["RateLimit-Limit"]) == ("gateway.rate_limited", "5")
    assert int(refused.headers["Retry-After"]) >= 1
    assert quick.api.get("/salons").headers["RateLimit-Limit"] == "500"
    assert owner.first.api.get("/salons").status == 200


def test_a_repeated_order_makes_one_key_and_shows_it_again(owner: Account) -> None:
    form = {"name": "Till", "scopes": ["salons:read"]}
    first, again = (owner.first.api.post("/api-keys", form, Idempotency_Key="till-1").data for _ in range(2))
    assert first == again
    assert len(listed(owner)) == 1
    other = owner.first.api.post("/api-keys", form | {"name": "Other"}, Idempotency_Key="till-1")
    assert other.status == 422
