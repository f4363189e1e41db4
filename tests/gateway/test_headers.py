"""The headers of one answer of each kind, word for word."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.gateway.bus import FakePublisher, FakeRpc
from tests.gateway.conftest import MakeClient
from tests.gateway.test_webhook import BODY, sign
from tests.gateway.tokens import bearer

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "X-Request-ID": "r-1",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
LIMITED = {"RateLimit-Limit", "RateLimit-Policy", "RateLimit", "RateLimit-Remaining", "RateLimit-Reset"}


def headers_of(response: Any) -> dict[str, str]:
    response.close()
    return {name: value for name, value in response.headers.items() if name not in {"Content-Length", "Date"}}


def ask(client: FlaskClient, path: str, **options: Any) -> dict[str, str]:
    headers = {"X-Request-ID": "r-1", **options.pop("headers", {})}
    return headers_of(client.open(path, headers=headers, **options))


@pytest.fixture
def plain(make_client: MakeClient) -> FlaskClient:
    return make_client(CORS_ORIGINS="")


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/api/v1/tenant", {"Content-Type": "application/json"}),
        ("/health", {"Content-Type": "application/json"}),
        ("/api/v1/nope", {"Content-Type": "application/problem+json"}),
        ("/.well-known/jwks.json", {"Content-Type": "application/json", "Cache-Control": "public, max-age=300"}),
        ("/api/openapi.json", {"Content-Type": "application/json", "Vary": "Accept-Encoding"}),
    ],
)
def test_headers_of_an_answer(plain: FlaskClient, path: str, more: dict[str, str]) -> None:
    assert ask(plain, path, headers=bearer()) == COMMON | more


def test_headers_of_a_refusal(plain: FlaskClient) -> None:
    more = {"Content-Type": "application/problem+json", "WWW-Authenticate": "Bearer"}
    assert ask(plain, "/api/v1/tenant") == COMMON | more


def test_headers_of_a_crash(plain: FlaskClient, rpc: FakeRpc) -> None:
    rpc.refuse("tenants.get_tenant", ValueError())
    assert ask(plain, "/api/v1/tenant", headers=bearer()) == COMMON | {"Content-Type": "application/problem+json"}


def test_headers_of_a_webhook(plain: FlaskClient, publisher: FakePublisher) -> None:
    given = ask(plain, "/api/v1/webhook", method="POST", data=BODY, headers={"X-Hub-Signature-256": sign(BODY)})
    assert given == COMMON | {"Content-Type": "text/plain; charset=utf-8"}


def test_headers_of_the_documentation_page(plain: FlaskClient) -> None:
    given = ask(plain, "/api/docs")
    assert given["Content-Security-Policy"] == PAGE_POLICY
    assert given["Content-Type"] == "text/html; charset=utf-8"


def test_a_limited_answer_says_how_much_is_left(make_client: MakeClient) -> None:
    client = make_client(RATE_LIMIT_PER_MINUTE="100")
    assert set(ask(client, "/api/v1/tenant", headers=bearer())) >= LIMITED
    assert not set(ask(client, "/health")) & LIMITED


def test_transport_security_is_promised_over_tls_only(make_client: MakeClient) -> None:
    name = "Strict-Transport-Security"
    behind_proxy = make_client(TRUSTED_PROXIES="1")
    forwarded = {"X-Forwarded-Proto": "https"}
    assert ask(behind_proxy, "/health", headers=forwarded)[name] == "max-age=31536000; includeSubDomains"
    assert name not in ask(behind_proxy, "/health")
    assert name not in ask(make_client(), "/health", headers=forwarded)


@pytest.mark.parametrize("wanted", ["abc", "A.b_c-9", "x" * 128])
def test_a_sane_request_id_is_kept(client: FlaskClient, rpc: FakeRpc, wanted: str) -> None:
    response = client.get("/api/v1/tenant", headers={**bearer(), "X-Request-ID": wanted})
    assert response.headers["X-Request-ID"] == wanted
    assert (rpc.commands[0].context.request_id, rpc.commands[0].context.correlation_id) == (wanted, wanted)


@pytest.mark.parametrize("wanted", ["", "x" * 129, "a b", "<script>", "a,b", "é"])
def test_another_request_id_is_replaced(client: FlaskClient, wanted: str) -> None:
    given = client.get("/health", headers={"X-Request-ID": wanted}).headers["X-Request-ID"]
    assert given != wanted
    assert len(given) == 36


ORIGIN = {"Origin": "https://app.example"}
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}


def test_a_listed_origin_may_ask(client: FlaskClient, rpc: FakeRpc) -> None:
    given = client.options("/api/v1/salons", headers=ORIGIN | PREFLIGHT)
    assert given.status_code == 204
    assert given.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "POST" in given.headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "Idempotency-Key", "If-Match"} <= set(
        given.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert rpc.asked == []


def test_a_listed_origin_may_read(client: FlaskClient) -> None:
    given = client.get("/api/v1/tenant", headers=ORIGIN | bearer())
    assert given.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "X-Request-ID" in given.headers["Access-Control-Expose-Headers"]
    assert "Origin" in given.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in given.headers


def test_a_refusal_can_be_read_by_a_listed_origin(client: FlaskClient) -> None:
    assert client.get("/api/v1/tenant", headers=ORIGIN).headers["Access-Control-Allow-Origin"] == ORIGIN["Origin"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://app.example", "https://app.example.evil.example", "null", "*", ""]
)
def test_another_origin_gets_nothing(client: FlaskClient, origin: str) -> None:
    for headers in ({"Origin": origin}, {"Origin": origin, **PREFLIGHT}):
        given = client.options("/api/v1/salons", headers=headers)
        assert not [name for name in given.headers.keys() if name.startswith("Access-Control")]  # noqa: SIM118
        assert given.headers["Vary"] == "Origin"


def test_options_name_the_methods(client: FlaskClient) -> None:
    assert "POST" in client.options("/api/v1/salons").headers["Allow"]
