"""How the product speaks when nothing is asked of a tenant: probes, headers, refusals."""

from __future__ import annotations

import secrets

import pytest

from tests.e2e.api import API, Api
from tests.e2e.business import Business
from tests.e2e.patience import eventually


@pytest.mark.parametrize("prefix", ["", API, "/api"])
@pytest.mark.parametrize("path", ["/live", "/ready", "/health"])
def test_probes_answer_everybody(api: Api, prefix: str, path: str) -> None:
    assert api.root(f"{prefix}{path}").data["status"] in {"ok", "ready"}


def test_the_report_names_every_part(api: Api) -> None:
    def whole() -> bool:
        return bool(api.get("/health").data["status"] == "ok")

    eventually("a report without complaints", whole)
    report = api.get("/health").data
    assert set(report["services"]) == {"auth", "tenants", "bookings", "messaging", "analytics"}
    assert {part["status"] for part in (*report["services"].values(), report["broker"], report["database"])} == {"up"}


def test_the_version_is_told(api: Api) -> None:
    version = api.get("/api/version").data
    assert version["apiVersion"] == "v1"
    assert version["version"]
    assert version["commit"]


def test_figures_are_served_for_prometheus_but_not_to_the_outside(api: Api) -> None:
    figures = api.root("/metrics")
    assert figures.headers["Content-Type"].startswith("text/plain")
    lines = [line for line in figures.response.text.splitlines() if not line.startswith("#")]
    assert any("requests" in line and 'route="/api/v1/health"' in line for line in lines)
    outside = api.root("/metrics", X_Forwarded_For="203.0.113.7")
    assert (outside.status, outside.code) == (403, "gateway.not_public")


def test_every_process_is_alive_ready_and_counts(settings: dict[str, str]) -> None:
    addresses = {name: url for name, url in settings.items() if name.endswith("_HEALTH_URL")}
    assert len(addresses) >= 11
    for name, url in addresses.items():
        process = Api(url)
        for path in ("/live", "/ready", "/metrics"):
            assert process.root(path).status == 200, (name, path)
        process.close()


def test_a_request_id_is_echoed_when_it_is_sane_and_replaced_when_it_is_not(api: Api) -> None:
    mine = f"e2e-{secrets.token_hex(8)}"
    for path in ("/health", "/conversations", "/no/such/path"):
        answer = api.call("GET", path, headers={"X-Request-ID": mine})
        assert answer.headers["X-Request-ID"] == mine
        assert answer.status == 200 or answer.json["requestId"] == mine
    for strange in ("with space", "x" * 200, "a<script>"):
        assert api.call("GET", "/health", headers={"X-Request-ID": strange}).headers["X-Request-ID"] != strange


def test_limits_are_told_on_every_call_that_counts(business: Business) -> None:
    headers = business.api.get("/conversations").headers
    told = ("RateLimit", "RateLimit-Policy", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    assert [name for name in told if name not in headers] == []
    before, after = (int(business.api.get("/tenant").headers["RateLimit-Remaining"]) for _ in range(2))
    assert after <= before


def test_every_answer_says_what_browsers_may_do_with_it(business: Business) -> None:
    for path in ("/conversations", "/no/such/path", "/health"):
        headers = business.api.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


REFUSALS = {
    "no such path": ("GET", "/nowhere", None, 404, "request.unknown_path"),
    "an id that is none": ("GET", "/messages/seven", None, 404, "request.unknown_path"),
    "a method it does not take": ("DELETE", "/tenant", None, 405, "request.method_not_allowed"),
    "no JSON": ("POST", "/salons", b"{", 400, "request.malformed"),
    "no object": ("POST", "/salons", b"[]", 422, "invalid"),
    "not UTF-8": ("POST", "/salons", b'{"name": "\xff"}', 400, "request.malformed"),
    "a NUL in a text": (
        "POST",
        "/salons",
        rb'{"name": "a\u0000b", "timezone": "UTC", "currency": "EUR"}',
        422,
        "invalid",
    ),
    "half a surrogate": ("POST", "/salons", rb'{"name": "\ud800", "timezone": "UTC", "currency": "EUR"}', 400, ""),
    "too deep": ("POST", "/salons", b'{"a":' * 5000 + b"1" + b"}" * 5000, 400, "request.malformed"),
    "too large": ("POST", "/salons", b'{"name": "' + b"x" * (1024 * 1024) + b'"}', 413, "request.too_large"),
    "a number that is none": ("POST", "/salons", b'{"slotAlignment": NaN}', 400, "request.malformed"),
    "a page that is none": ("GET", "/messages?page=0", None, 422, "invalid"),
    "a limit beyond": ("GET", "/messages?limit=101", None, 422, "invalid"),
    "a cursor that is none": ("GET", "/messages?cursor=bm9uZQ", None, 422, "invalid"),
    "a cursor of another list": ("GET", "/conversations?cursor=%00", None, 422, "invalid"),
    "an unknown filter": ("GET", "/messages?sort=1", None, 422, "invalid"),
    "a filter twice": ("GET", "/messages?page=1&page=2", None, 422, "invalid"),
    "an instant that is none": ("GET", "/messages?from=yesterday", None, 422, "invalid"),
    "a status that is none": ("GET", "/messages?status=LOST", None, 422, "invalid"),
    "a NUL in a search": ("GET", "/messages?q=%00", None, 422, "invalid"),
    "an unknown field": ("GET", "/messages?fields=secret", None, 422, "invalid"),
    "too many days": ("GET", "/analytics/overview?days=100000", None, 422, "invalid"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_bad_input_is_refused_in_one_shape_and_never_our_fault(business: Business, name: str) -> None:
    method, path, body, status, code = REFUSALS[name]
    refused = business.api.call(method, path, data=body, headers={"Content-Type": "application/json"})
    assert (refused.status, refused.code) == (status, code or refused.code), refused.words
    problem = refused.json
    assert {"type", "title", "status", "detail", "instance", "code", "errors", "requestId", "message"} <= set(problem)
    assert problem["requestId"] == refused.headers["X-Request-ID"]
    assert problem["message"] == problem["detail"]
    assert "Traceback" not in refused.words
    assert (status != 422) or problem["errors"]


def test_a_refusal_names_every_field_at_once(business: Business) -> None:
    refused = business.api.post(
        "/salons", {"timezone": "Mars/Base", "currency": "euro", "colour": "red", "slug": "A b"}
    )
    assert refused.status == 422
    assert {"name", "currency", "colour", "slug"} <= set(refused.json["errors"])
    assert all(isinstance(reasons, list) and reasons for reasons in refused.json["errors"].values())


def test_a_wrong_media_type_is_refused(business: Business) -> None:
    refused = business.api.call(
        "POST", "/salons", data="name=x", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert (refused.status, refused.code) == (415, "request.unsupported_media_type")


def test_a_browser_of_a_known_origin_is_let_in_and_no_other(api: Api, settings: dict[str, str]) -> None:
    known = settings["CORS_ORIGINS"].partition(",")[0]
    for origin, allowed in ((known, known), ("https://evil.example", None), ("null", None)):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        assert api.call("OPTIONS", "/messages", headers=headers).headers.get("Access-Control-Allow-Origin") == allowed
