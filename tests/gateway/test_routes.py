"""Each route asks one service one question and passes the answer on as it came."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.common.contracts.auth import Role
from tests.gateway.bus import FakeRpc, golden
from tests.gateway.conftest import MakeClient
from tests.gateway.tokens import bearer

CASES = json.loads((Path(__file__).parent / "cases" / "routes.json").read_text())
BELOW = {"STAFF": Role.CUSTOMER, "MANAGER": Role.STAFF, "OWNER": Role.MANAGER, "SUPER_ADMIN": Role.OWNER}


def send(client: FlaskClient, case: dict[str, Any], role: str | None) -> Any:
    method, path = case["request"].split(" ")
    headers = {"User-Agent": "Werkzeug/3", **({} if role is None else bearer(role))}
    return client.open(path, method=method, headers=headers, json=case.get("body"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_route_asks_one_service(client: FlaskClient, rpc: FakeRpc, case: dict[str, Any]) -> None:
    response = send(client, case, case.get("as"))
    assert response.status_code == case["status"], response.text
    (asked,) = rpc.commands
    sent = {name: value for name, value in asked.request.to_wire().items() if value is not None}
    assert (asked.name, sent) == (case["asks"], case["with"])
    assert response.get_json() == {"success": True, "data": golden(asked.request)}
    assert "location" not in case or response.headers["Location"] == case["location"]


@pytest.mark.parametrize("case", [case for case in CASES if "as" in case], ids=lambda case: case["name"])
def test_a_route_needs_a_token(client: FlaskClient, rpc: FakeRpc, case: dict[str, Any]) -> None:
    assert send(client, case, None).status_code == 401
    assert rpc.commands == []


@pytest.mark.parametrize("case", [case for case in CASES if case.get("as") in BELOW], ids=lambda case: case["name"])
def test_a_route_needs_its_role(client: FlaskClient, rpc: FakeRpc, case: dict[str, Any]) -> None:
    response = send(client, case, BELOW[case["as"]])
    assert (response.status_code, response.get_json()["code"]) == (403, "gateway.role_forbids")
    assert rpc.commands == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_crash_behind_a_route_tells_nothing(client: FlaskClient, rpc: FakeRpc, case: dict[str, Any]) -> None:
    rpc.refuse(case["asks"], RuntimeError("SELECT secret FROM /srv/app.py"))
    response = send(client, case, case.get("as"))
    assert (response.status_code, response.get_json()["code"]) == (500, "internal")
    assert "secret" not in response.text


def test_only_changes_carry_an_idempotency_key(client: FlaskClient, rpc: FakeRpc) -> None:
    for case in CASES:
        send(client, case, case.get("as"))
        (asked,) = rpc.commands
        assert (asked.context.idempotency_key is not None) == (not case["request"].startswith("GET"))
        rpc.asked.clear()


def test_each_request_has_a_key_of_its_own_unless_the_client_gives_one(client: FlaskClient, rpc: FakeRpc) -> None:
    headers = bearer()
    body = {"name": "Rosa", "timezone": "Europe/Berlin", "currency": "EUR"}
    for extra in ({}, {}, {"Idempotency-Key": "mine 1"}):
        assert client.post("/api/v1/salons", json=body, headers={**headers, **extra}).status_code == 201
    keys = [asked.context.idempotency_key for asked in rpc.commands]
    assert len(set(keys)) == 3
    assert keys[2] == "mine 1"


def test_an_anonymous_caller_is_known_by_address(client: FlaskClient, rpc: FakeRpc) -> None:
    client.post("/api/v1/auth/login", json={"email": "a", "password": "b"})
    context = rpc.commands[0].context
    assert (context.caller, context.tenant_id, context.user_id) == ("address:127.0.0.1", None, None)


@pytest.mark.parametrize("path", ["/api/v1/auth/mfa/totp", "/api/v1/auth/mfa/totp/confirm"])
def test_who_is_half_way_into_a_login_needs_the_token_of_it(client: FlaskClient, rpc: FakeRpc, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer rubbish"}):
        body = {"code": "492039"} if not headers else {"code": "492039", "mfaToken": "m"}
        refused = client.post(path, json=body, headers=headers)
        assert (refused.status_code, refused.get_json()["code"]) == (401, "gateway.unauthenticated")
    assert rpc.commands == []


def test_what_proves_a_second_factor_is_not_read_from_an_address(client: FlaskClient, rpc: FakeRpc) -> None:
    client.delete("/api/v1/auth/mfa/totp?code=492039", headers=bearer())
    assert "492039" not in str(rpc.commands[0].request)


@pytest.mark.parametrize("sent", [{"json": {"tenantId": "x"}}, {"query_string": {"tenantId": "x"}}])
def test_a_deletion_takes_no_fields(client: FlaskClient, rpc: FakeRpc, sent: dict[str, Any]) -> None:
    path = "/api/v1/salons/019a0000-0000-7000-8000-00000000000f"
    refused = client.delete(path, headers=bearer(), **sent)
    assert (refused.status_code, set(refused.get_json()["errors"])) == (422, {"tenantId"})
    assert client.delete(path, headers=bearer(), json={}).status_code == 200
    assert len(rpc.commands) == 1


def test_a_list_can_be_cut_to_some_fields(client: FlaskClient) -> None:
    response = client.get("/api/v1/salons?fields=id,name", headers=bearer())
    page = response.get_json()["data"]
    assert set(page["salons"][0]) == {"id", "name"}
    assert "pagination" in page
    refused = client.get("/api/v1/salons?fields=id,secret", headers=bearer())
    assert refused.status_code == 422
    assert refused.get_json()["errors"] == {"fields": ["Unknown: secret."]}


def test_who_asks_a_provider_first_has_more_time_to_answer(make_client: MakeClient, rpc: FakeRpc) -> None:
    client, channel = make_client(RPC_TIMEOUT_SECONDS="3"), "/api/v1/channels/019a0000-0000-7000-8000-00000000000f"
    client.post(f"{channel}/connect", headers=bearer())
    client.get(f"{channel}/status", headers=bearer())
    client.post("/api/v1/templates/sync", json={}, headers=bearer())
    client.get(channel, headers=bearer())
    assert [asked.timeout for asked in rpc.commands] == [12.0, 12.0, 12.0, 3.0]


def test_a_versioned_view_carries_its_etag(client: FlaskClient) -> None:
    response = client.get("/api/v1/conversations/019a0000-0000-7000-8000-00000000000f", headers=bearer())
    assert response.headers["ETag"] == f'"{response.get_json()["data"]["version"]}"'


def test_a_large_answer_is_compressed_for_those_who_take_it(client: FlaskClient, rpc: FakeRpc) -> None:
    rpc.answers["tenants.get_tenant"] = lambda _request: {"name": "x" * 10_000}
    plain = client.get("/api/v1/tenant", headers=bearer())
    packed = client.get("/api/v1/tenant", headers={**bearer(), "Accept-Encoding": "gzip"})
    refused = client.get("/api/v1/tenant", headers={**bearer(), "Accept-Encoding": "gzip;q=0, *;q=0.1"})
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in refused.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 10
    assert "Accept-Encoding" in packed.headers["Vary"]


def test_the_public_keys_are_served_as_they_are(client: FlaskClient, rpc: FakeRpc) -> None:
    response = client.get("/.well-known/jwks.json")
    assert response.get_json() == {"keys": rpc.jwks}
    assert response.headers["Cache-Control"] == "public, max-age=300"
