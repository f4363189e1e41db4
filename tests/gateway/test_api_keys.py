"""API keys (S-18, S-19): known by their hash, good for what they were made for, never for what people do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient

from gateway.key_lookup import KeyLookup
from gateway.refusals import BadCredential
from services.common.contracts.api_keys import hash_of, text_of
from services.common.contracts.auth import ApiKeyPrincipal, BadApiKey, FindApiKey, Role
from services.common.contracts.base import Request
from services.common.contracts.errors import Unavailable
from tests.gateway.bus import FakeRpc
from tests.gateway.conftest import MakeClient
from tests.gateway.tokens import TENANT, bearer

KEY = text_of("7Hq2mX0aTzLw5RkV8bNcY3sJpQe1UgDi")
KEY_ID = "01936f2e-0000-7000-8000-00000000000e"
MESSAGE = {"to": "+16505551234", "type": "TEXT", "text": "hi"}
SALON = "/api/v1/salons/019a0000-0000-7000-8000-00000000000f"


def speaks_for(rpc: FakeRpc, *scopes: str, **changes: Any) -> dict[str, str]:
    """Let `auth` know the key; return the header that carries it."""
    known = {
        "apiKeyId": KEY_ID,
        "tenantId": TENANT,
        "role": "MANAGER",
        "name": "Till",
        "scopes": list(scopes),
        "rateLimitPerMinute": None,
        "expiresAt": None,
        **changes,
    }

    def find(request: Request[Any]) -> Any:
        if request.to_wire() != {"keyHash": hash_of(KEY)}:
            raise BadApiKey
        return known

    rpc.answers["auth.find_api_key"] = find
    return {"Authorization": f"Bearer {KEY}"}


def test_a_key_says_for_which_tenant_it_speaks_and_is_nobody(client: FlaskClient, rpc: FakeRpc) -> None:
    headers = speaks_for(rpc, "messages:write")
    assert client.post("/api/v1/messages", json=MESSAGE, headers=headers).status_code == 202
    context = rpc.commands[0].context
    assert (context.tenant_id, context.caller, context.user_id, context.role) == (TENANT, KEY_ID, None, "MANAGER")


@pytest.mark.parametrize(
    "text",
    [
        KEY[:-1] + ("a" if KEY[-1] != "a" else "b"),
        KEY.swapcase(),
        KEY + "a",
        KEY[:-1],
        "fd_live_",
        KEY.replace("live", "test"),
        "fd_" + "x" * 4000,
    ],
)
def test_a_slip_of_the_pen_is_refused_without_asking(client: FlaskClient, rpc: FakeRpc, text: str) -> None:
    speaks_for(rpc, "messages:read")
    response = client.get("/api/v1/messages", headers={"Authorization": f"Bearer {text}"})
    assert (response.status_code, response.get_json()["code"]) == (401, "gateway.unauthenticated")
    assert rpc.asked == []


def test_an_unknown_key_is_refused_like_a_bad_token(client: FlaskClient, rpc: FakeRpc) -> None:
    speaks_for(rpc, "messages:read")
    stranger = text_of("0" * 32)
    answers = [
        client.get("/api/v1/messages", headers={"Authorization": f"Bearer {text}"}).get_json()
        for text in (stranger, stranger, "rubbish")
    ]
    assert {answer.pop("requestId") for answer in answers}
    assert answers[0] == answers[1] == answers[2]
    assert rpc.how_often(FindApiKey) == 1


def test_a_key_is_looked_up_once_in_half_a_minute() -> None:
    asked: list[str] = []
    now = [1000.0]

    def ask(key_hash: str) -> ApiKeyPrincipal:
        asked.append(key_hash)
        return principal()

    lookup = KeyLookup(ask, lambda: now[0])
    for _ in range(3):
        assert lookup.find(KEY).api_key_id == KEY_ID
    now[0] += 31
    lookup.find(KEY)
    assert asked == [hash_of(KEY)] * 2


def test_a_refusal_is_remembered_for_a_moment_only() -> None:
    now, known = [1000.0], [False]

    def ask(_key_hash: str) -> ApiKeyPrincipal:
        if not known[0]:
            raise BadApiKey
        return principal()

    lookup = KeyLookup(ask, lambda: now[0])
    with pytest.raises(BadCredential):
        lookup.find(KEY)
    known[0] = True
    with pytest.raises(BadCredential):
        lookup.find(KEY)
    now[0] += 6
    assert lookup.find(KEY).api_key_id == KEY_ID


def principal(**changes: Any) -> ApiKeyPrincipal:
    good: dict[str, Any] = {
        "api_key_id": KEY_ID,
        "tenant_id": TENANT,
        "role": Role.MANAGER,
        "name": "Till",
        "scopes": [],
        "rate_limit_per_minute": None,
        "expires_at": None,
    }
    return ApiKeyPrincipal(**{**good, **changes})


def test_a_key_that_is_remembered_still_runs_out() -> None:
    ends = datetime.now(UTC) + timedelta(seconds=10)
    lookup = KeyLookup(lambda _key_hash: principal(expires_at=ends))
    assert lookup.find(KEY)
    with time_machine.travel(ends + timedelta(seconds=1)), pytest.raises(BadCredential):
        lookup.find(KEY)


def test_while_nobody_can_be_asked_it_is_not_the_caller_s_fault(client: FlaskClient, rpc: FakeRpc) -> None:
    rpc.refuse("auth.find_api_key", Unavailable())
    assert client.get("/api/v1/messages", headers={"Authorization": f"Bearer {KEY}"}).status_code == 503


@pytest.mark.parametrize(
    ("scope", "request_line", "status"),
    [
        ("messages:read", "GET /api/v1/messages", 200),
        ("messages:write", "GET /api/v1/messages", 403),
        ("messages:read", "POST /api/v1/messages", 403),
        ("messages:write", "POST /api/v1/whatsapp/send-text", 202),
        ("conversations:read", "GET /api/messages", 403),
        ("messages:re", "GET /api/v1/messages", 403),
        ("salons:read", "GET /api/v1/salons", 200),
    ],
)
def test_a_key_does_what_its_scopes_say(
    client: FlaskClient, rpc: FakeRpc, scope: str, request_line: str, status: int
) -> None:
    method, path = request_line.split(" ")
    body = {"to": "+16505551234", "text": "hi"} if method == "POST" else None
    response = client.open(path, method=method, json=body, headers=speaks_for(rpc, scope))
    assert response.status_code == status, response.text
    assert status != 403 or response.get_json()["code"] == "gateway.scope_missing"


@pytest.mark.parametrize("role", ["MANAGER", "OWNER", "SUPER_ADMIN"])
def test_a_key_acts_at_most_as_a_manager(client: FlaskClient, rpc: FakeRpc, role: str) -> None:
    headers = speaks_for(rpc, "salons:write", "tenant:write", "audit-log:read", role=role)
    answers = [client.delete(SALON, headers=headers), client.get("/api/v1/audit-log", headers=headers)]
    assert {answer.get_json()["code"] for answer in answers} == {"gateway.role_forbids"}
    assert rpc.commands == []


@pytest.mark.parametrize(
    "request_line",
    [
        "GET /api/v1/users",
        "POST /api/v1/users",
        "GET /api/v1/api-keys",
        "POST /api/v1/api-keys",
        "GET /api/v1/subscription",
        "POST /api/v1/subscription",
        "GET /api/v1/admin/tenants",
        "GET /api/v1/auth/me",
        "GET /api/v1/auth/sessions",
        "POST /api/v1/auth/logout",
        "POST /api/v1/auth/change-password",
        "POST /api/v1/auth/mfa/totp",
        "DELETE /api/v1/auth/mfa/totp",
        "POST /api/v1/auth/telegram/link",
    ],
)
def test_what_people_do_no_key_does(client: FlaskClient, rpc: FakeRpc, request_line: str) -> None:
    method, path = request_line.split(" ")
    scopes = ("users:read", "users:write", "api-keys:write", "subscription:write", "auth:write", "sessions:read")
    response = client.open(path, method=method, headers=speaks_for(rpc, *scopes), json={} if method != "GET" else None)
    assert (response.status_code, response.get_json()["code"]) == (403, "gateway.user_needed")
    assert rpc.commands == []


def test_a_key_has_a_limit_of_its_own(make_client: MakeClient, rpc: FakeRpc) -> None:
    client = make_client(RATE_LIMIT_PER_MINUTE="100")
    headers = speaks_for(rpc, "messages:read", rateLimitPerMinute=2)
    answers = [client.get("/api/v1/messages", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"key";q=2;w=60'
    assert client.get("/api/v1/messages", headers=bearer()).status_code == 200


@pytest.mark.parametrize("name", ["api_key", "apiKey", "access_token", "token"])
def test_a_key_in_the_address_opens_nothing(client: FlaskClient, rpc: FakeRpc, name: str) -> None:
    speaks_for(rpc, "messages:read")
    assert client.get("/api/v1/messages", query_string={name: KEY}).status_code == 401
    assert rpc.asked == []
