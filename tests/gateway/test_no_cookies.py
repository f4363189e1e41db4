"""S-16, S-19: a credential comes in one place, the `Authorization` header, and the API neither sets nor reads a cookie.

What a browser would send along by itself opens nothing, so nothing can be done in somebody's name from another site.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import gateway
from gateway.access import Kind, access_of
from services.common.contracts.auth import Role
from tests.gateway.bus import FakeRpc
from tests.gateway.conftest import MakeClient
from tests.gateway.test_api_keys import KEY, speaks_for
from tests.gateway.tokens import bearer, token

_ID = "019a0000-0000-7000-8000-00000000000f"
_EVIL = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site", "Referer": "https://evil.example/"}
_NAMES = (
    "token",
    "access_token",
    "refreshToken",
    "session",
    "__Host-rt",
    "Authorization",
    "api_key",
    "apiKey",
    "key",
    "jwt",
)

Call = tuple[str, str]


def calls(app: Flask) -> Iterator[tuple[Call, Kind]]:
    """Every route with every method it has, and what its view wants to see."""
    for rule in app.url_map.iter_rules():
        declared = access_of(app.view_functions[rule.endpoint])
        assert declared is not None
        path = re.sub(r"<(?:(\w+):)?\w+>", lambda match: _ID if match[1] == "id" else "start.js", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD"}):
            yield (method, path), declared.kind


def wanting_a_bearer(app: Flask) -> list[Call]:
    return [call for call, kind in calls(app) if kind is Kind.BEARER and call[0] != "OPTIONS"]


def send(client: FlaskClient, call: Call, **options: Any) -> Any:
    method, path = call
    if method in {"POST", "PUT", "PATCH"}:
        options.setdefault("json", {})
    response = client.open(path, method=method, **options)
    response.close()
    return response


@pytest.mark.parametrize("role", list(Role))
def test_no_route_sets_a_cookie(client: FlaskClient, role: Role) -> None:
    headers = bearer(role, tid=None) if role is Role.SUPER_ADMIN else bearer(role)
    answers = [send(client, call, headers=headers) for call, _ in calls(client.application)]
    assert len(answers) > 150
    assert {answer.status_code // 100 for answer in answers} >= {2, 4}
    assert [answer.request.path for answer in answers if "Set-Cookie" in answer.headers] == []


def test_signing_in_sets_none_either(client: FlaskClient) -> None:
    forms: dict[str, dict[str, Any]] = {
        "login": {"email": "a@b.example", "password": "x"},
        "refresh": {"refreshToken": "x"},
        "register": {"email": "a@b.example", "password": "x", "name": "x"},
        "accept-invitation": {"token": "x", "password": "x"},
    }
    for name, form in forms.items():
        answer = client.post(f"/api/v1/auth/{name}", json=form)
        assert answer.status_code < 300, name
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("value", [KEY, token(), f"Bearer%20{token()}"], ids=["key", "token", "header"])
def test_a_credential_in_a_cookie_opens_no_route(client: FlaskClient, rpc: FakeRpc, value: str) -> None:
    speaks_for(rpc, "messages:read", "conversations:read", "salons:read")
    for name in _NAMES:
        client.set_cookie(name, value)
    answers = {call: send(client, call, headers=_EVIL) for call in wanting_a_bearer(client.application)}
    assert len(answers) > 80
    assert {call: answer.status_code for call, answer in answers.items() if answer.status_code != 401} == {}
    assert rpc.asked == []


@pytest.mark.parametrize("value", [KEY, token()], ids=["key", "token"])
def test_a_credential_in_the_address_opens_no_route(client: FlaskClient, rpc: FakeRpc, value: str) -> None:
    speaks_for(rpc, "messages:read", "conversations:read", "salons:read")
    query = dict.fromkeys(_NAMES, value)
    answers = {call: send(client, call, query_string=query) for call in wanting_a_bearer(client.application)}
    assert {call: answer.status_code for call, answer in answers.items() if answer.status_code != 401} == {}
    assert rpc.asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-API-Key": KEY},
        {"Api-Key": KEY},
        {"X-Access-Token": KEY},
        {"X-Authorization": f"Bearer {KEY}"},
        {"Proxy-Authorization": f"Bearer {KEY}"},
        {"Authorization": KEY},
        {"Authorization": f"ApiKey {KEY}"},
        {"Authorization": f"Basic {KEY}"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_nor_does_one_in_any_other_header(client: FlaskClient, rpc: FakeRpc, headers: dict[str, str]) -> None:
    speaks_for(rpc, "messages:read", "conversations:read", "salons:read")
    answers = [send(client, call, headers=headers) for call in wanting_a_bearer(client.application)]
    assert {answer.status_code for answer in answers} == {401}
    assert rpc.asked == []


def test_a_form_of_another_site_is_not_read(client: FlaskClient, rpc: FakeRpc) -> None:
    """What a page can send to another without asking: a form. It is no JSON, and it carries no header of ours."""
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"):
        for path in ("/api/v1/auth/refresh", "/api/v1/auth/login"):
            answer = client.post(path, data=b'{"refreshToken": "x"}', headers={**_EVIL, "Content-Type": kind})
            assert answer.status_code == 415
    assert rpc.asked == []


def test_no_origin_may_send_what_the_browser_keeps(make_client: MakeClient) -> None:
    client = make_client(CORS_ORIGINS="https://app.example")
    asks = {"Origin": "https://app.example", "Access-Control-Request-Method": "POST"}
    for call, _ in calls(client.application):
        answer = client.open(call[1], method="OPTIONS", headers=asks)
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert answer.headers.get("Access-Control-Allow-Origin") != "*"


def test_the_gateway_has_no_word_for_cookies() -> None:
    """No session of Flask's, which would be a cookie, and nobody who reads or writes one."""
    words = {"cookies", "set_cookie", "delete_cookie", "session_transaction", "secret_key", "SECRET_KEY"}
    found = [
        f"{path.name}: {word}"
        for path in Path(str(gateway.__file__)).parent.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for word in [getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "value", None)]
        if word in words
        or (isinstance(node, ast.ImportFrom) and node.module == "flask" and "session" in {n.name for n in node.names})
    ]
    assert found == []
