"""Refusals have one shape; bad input is never our fault; our faults say nothing of their cause."""

from __future__ import annotations

import io
import time
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.app import create_app
from gateway.errors import STATUS_OF_KIND
from gateway.settings import GatewaySettings
from services.common.contracts.auth import BadCredentials, EmailTaken, LockedOut
from services.common.contracts.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    RateLimited,
    ServiceError,
    Unauthenticated,
    Unavailable,
)
from services.common.kit.rpc import RpcClient
from tests.gateway.bus import FakePublisher, FakeRpc, nobody_refused
from tests.gateway.conftest import SETTINGS
from tests.gateway.tokens import bearer

SALON = {"name": "Rosa", "timezone": "Europe/Berlin", "currency": "EUR"}
MEMBERS = {
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "code",
    "errors",
    "requestId",
    "success",
    "message",
}


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The body, held to the shape that all refusals have."""
    assert response.status_code == status, response.text
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = response.get_json()
    assert set(body) >= MEMBERS
    assert (body["code"], body["status"], body["success"]) == (code, status, False)
    assert body["message"] == body["detail"] != ""
    assert body["requestId"] == response.headers["X-Request-ID"]
    return body


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (Invalid, 422),
        (Unauthenticated, 401),
        (Forbidden, 403),
        (NotFound, 404),
        (Conflict, 409),
        (Gone, 410),
        (RateLimited, 429),
        (Unavailable, 503),
    ],
)
def test_a_services_refusal_keeps_its_meaning(
    client: FlaskClient, rpc: FakeRpc, kind: type[ServiceError], status: int
) -> None:
    rpc.refuse("tenants.create_salon", kind("No.", {"slug": "Is taken."}))
    response = client.post("/api/v1/salons", json=SALON, headers=bearer())
    body = problem(response, status, kind.code)
    assert (body["detail"], body["errors"]) == ("No.", {"slug": ["Is taken."]})
    assert body["instance"] == "/api/v1/salons"
    assert ("Retry-After" in response.headers) == (status in {429, 503})
    assert ("WWW-Authenticate" in response.headers) == (status == 401)


def test_every_known_kind_has_a_status() -> None:
    assert set(STATUS_OF_KIND) == set(ServiceError._by_kind)


def test_a_service_says_how_long_to_wait(client: FlaskClient, rpc: FakeRpc) -> None:
    rpc.refuse("auth.login", LockedOut("", {"retryAfter": "240"}))
    response = client.post("/api/v1/auth/login", json={"email": "a", "password": "b"})
    assert problem(response, 429, "auth.locked_out")["errors"] == {}
    assert response.headers["Retry-After"] == "240"


def test_codes_and_titles_come_from_the_owner(client: FlaskClient, rpc: FakeRpc) -> None:
    rpc.refuse("auth.register", EmailTaken())
    body = {"email": "a@b.example", "password": "x", "name": "A"}
    refused = problem(client.post("/api/v1/auth/register", json=body), 409, "auth.email_taken")
    assert (refused["type"], refused["title"]) == ("urn:frontdesk:problem:auth.email_taken", "Email taken")
    rpc.refuse("auth.login", BadCredentials())
    response = client.post("/api/v1/auth/login", json={"email": "a", "password": "b"})
    assert problem(response, 401, "auth.bad_credentials")["detail"] == BadCredentials().message


@pytest.mark.parametrize("error", [ValueError("password=hunter2 SELECT * FROM users"), ServiceError("boom /srv/x.py")])
def test_what_we_did_not_expect_is_told_without_its_cause(client: FlaskClient, rpc: FakeRpc, error: Exception) -> None:
    rpc.refuse("tenants.get_tenant", error)
    response = client.get("/api/v1/tenant", headers=bearer())
    problem(response, 500, "internal")
    assert str(error) not in response.text
    assert "Traceback" not in response.text


def test_a_service_without_the_method_is_our_fault(client: FlaskClient, rpc: FakeRpc) -> None:
    missing = {"code": "rpc.method_not_found", "kind": "NotFound", "message": "There is no tenants.get_tenant."}
    rpc.refuse("tenants.get_tenant", ServiceError.from_wire(missing))
    problem(client.get("/api/v1/tenant", headers=bearer()), 500, "internal")


@pytest.mark.parametrize("path", ["/nope", "/api/nope", "/api/v1/nope", "/api/v2/salons", "/api/v1/salons/7", "//"])
def test_an_unknown_path_is_404(client: FlaskClient, path: str) -> None:
    problem(client.get(path, headers=bearer()), 404, "request.unknown_path")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_a_wrong_method_is_405_and_says_which_are_right(client: FlaskClient, method: str) -> None:
    response = client.open("/api/v1/salons", method=method, headers=bearer())
    problem(response, 405, "request.method_not_allowed")
    assert {part.strip() for part in response.headers["Allow"].split(",")} == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize(
    ("body", "media_type", "refusal"),
    [
        (b"{", "application/json", (400, "request.malformed")),
        (b"\xff\xfe", "application/json", (400, "request.malformed")),
        (b'{"name": NaN}', "application/json", (400, "request.malformed")),
        (b'{"name": "\\ud800"}', "application/json", (400, "request.malformed")),
        (b"[" * 100_000, "application/json", (400, "request.malformed")),
        (b"{}", "text/plain", (415, "request.unsupported_media_type")),
        (b"a=b", "application/x-www-form-urlencoded", (415, "request.unsupported_media_type")),
        (b"{}", "application/json; charset=latin-1", (415, "request.unsupported_media_type")),
        (b"{}", "", (415, "request.unsupported_media_type")),
        (b"[]", "application/json", (422, "invalid")),
        (b"null", "application/json", (422, "invalid")),
        (b'"x"', "application/json", (422, "invalid")),
        (b"", "application/json", (422, "invalid")),
        (b" " * (1024 * 1024 + 1), "application/json", (413, "request.too_large")),
    ],
    ids=range(14),
)
def test_a_body_that_cannot_be_read(
    client: FlaskClient, rpc: FakeRpc, body: bytes, media_type: str, refusal: tuple[int, str]
) -> None:
    headers = bearer() | ({"Content-Type": media_type} if media_type else {})
    problem(client.post("/api/v1/salons", data=body, headers=headers), *refusal)
    assert rpc.commands == []


@pytest.mark.parametrize("path", ["/api/v1/salons", "/api/v1/nope", "/api/v1/tenant"])
def test_a_body_that_nobody_reads_arrives_all_the_same(client: FlaskClient, path: str) -> None:
    body = io.BytesIO(b"x" * 100_000)
    answer = client.post(path, input_stream=body, content_length=100_000, content_type="application/json")
    assert answer.status_code in {401, 404, 405}
    assert body.tell() == 100_000


def test_compressed_bodies_are_not_unpacked(client: FlaskClient) -> None:
    headers = {**bearer(), "Content-Encoding": "gzip", "Content-Type": "application/json"}
    problem(client.post("/api/v1/salons", data=b"\x1f\x8b", headers=headers), 415, "request.unsupported_media_type")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name", "timezone", "currency"}),
        ({**SALON, "currency": "euro"}, {"currency"}),
        ({**SALON, "name": ""}, {"name"}),
        ({**SALON, "name": None}, {"name"}),
        ({**SALON, "name": 7}, {"name"}),
        ({**SALON, "name": "a\x00b"}, {"name"}),
        ({**SALON, "nam": "x"}, {"nam"}),
        ({**SALON, "id": "x", "tenantId": "y"}, {"id", "tenantId"}),
        ({**SALON, "slotAlignment": "often"}, {"slotAlignment"}),
        ({**SALON, "confirmation": "MAYBE"}, {"confirmation"}),
        ({**SALON, "address": {"line1": "x", "city": "y", "country": "Germany"}}, {"address.country"}),
        ({**SALON, "openingHours": {"mon": "always"}}, {"openingHours.mon.value"}),
        ({"nam": "x", "currency": 1}, {"nam", "name", "timezone", "currency"}),
    ],
)
def test_a_value_that_is_refused_is_named(
    client: FlaskClient, rpc: FakeRpc, body: dict[str, Any], fields: set[str]
) -> None:
    refused = problem(client.post("/api/v1/salons", json=body, headers=bearer()), 422, "invalid")
    assert set(refused["errors"]) == fields
    assert all(isinstance(reasons, list) and reasons[0] for reasons in refused["errors"].values())
    assert rpc.commands == []


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/v1/salons?pgae=2", "pgae"),
        ("/api/v1/salons?page=0", "page"),
        ("/api/v1/salons?page=x", "page"),
        ("/api/v1/salons?limit=101", "limit"),
        ("/api/v1/salons?page=1&page=2", "page"),
        ("/api/v1/messages?status=LOST", "status"),
        ("/api/v1/messages?conversationId=7", "conversationId"),
        ("/api/v1/messages?from=yesterday", "from"),
        ("/api/v1/messages?q=a%00b", "q"),
        ("/api/v1/conversations?unread=perhaps", "unread"),
        ("/api/v1/analytics/overview?days=367", "days"),
        ("/api/v1/tenant?x=1", "x"),
        ("/api/v1/salons/019a0000-0000-7000-8000-00000000000f?salonId=1", "salonId"),
    ],
)
def test_a_parameter_that_is_refused_is_named(client: FlaskClient, rpc: FakeRpc, path: str, field: str) -> None:
    refused = problem(client.get(path, headers=bearer()), 422, "invalid")
    assert set(refused["errors"]) == {field}
    assert rpc.commands == []


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("/api/v1/whatsapp/send-text", {"to": "+16505551234"}, {"text"}),
        ("/api/v1/whatsapp/send-text", {"to": "+16505551234", "text": "x", "type": "IMAGE"}, {"type"}),
        ("/api/v1/conversations/019a0000-0000-7000-8000-00000000000f/messages", {"to": "+16505551234"}, {"to"}),
        (
            "/api/v1/conversations/019a0000-0000-7000-8000-00000000000f/messages",
            {"conversationId": "x"},
            {"conversationId"},
        ),
    ],
)
def test_what_the_route_decides_cannot_be_sent(
    client: FlaskClient, rpc: FakeRpc, path: str, body: dict[str, Any], fields: set[str]
) -> None:
    refused = problem(client.post(path, json=body, headers=bearer()), 422, "invalid")
    assert set(refused["errors"]) == fields
    assert rpc.commands == []


def test_a_broker_that_is_away_is_said_within_three_seconds() -> None:
    real = RpcClient("amqp://guest:guest@127.0.0.1:1/none")
    client = create_app(GatewaySettings.load(SETTINGS), real, FakePublisher(), nobody_refused()).test_client()
    for path in ("/api/v1/auth/login", "/api/v1/auth/refresh"):
        started = time.monotonic()
        body = {"email": "a", "password": "b"} if path.endswith("login") else {"refreshToken": "x"}
        problem(client.post(path, json=body), 503, "rpc.unavailable")
        assert time.monotonic() - started < 3
    real.close()
