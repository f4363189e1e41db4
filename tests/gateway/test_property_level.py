"""S-22, S-23: of each thing, who sees and who sets which field.

Every field of every answer is declared, so what could be a secret is listed here by name: a new one is a decision.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.access import access_of
from services.common.contracts.auth import Role
from tests.gateway.bus import FakeRpc
from tests.gateway.test_openapi import operations
from tests.gateway.tokens import bearer

_SECRET = re.compile(
    r"password|secret|token|hash|credential|sealed|^key$|seed|recovery|otpauth|signature", re.IGNORECASE
)
_BILLING = re.compile(
    r"^limits$|^plans$|billing|invoice|payment|card|price|subscription|^used$|^remaining$", re.IGNORECASE
)

_PAIR = {"token", "refreshToken"}
_SIGNED_IN_OR_ASKED = _PAIR | {"mfaToken"}
_MASKED = {"accessToken", "botToken"}

SHOWN = {
    # To whom they are given, once: whoever signs in, enrols, or has a key made.
    "POST /auth/register": _PAIR,
    "POST /auth/login": _SIGNED_IN_OR_ASKED,
    "POST /auth/refresh": _PAIR,
    "POST /auth/accept-invitation": _SIGNED_IN_OR_ASKED,
    "POST /auth/telegram": _SIGNED_IN_OR_ASKED,
    "POST /auth/mfa/verify": _PAIR,
    "POST /auth/mfa/totp": {"otpauthUri", "secret"},
    "POST /auth/mfa/totp/confirm": _PAIR | {"recoveryCodes"},
    "POST /auth/mfa/recovery-codes": {"recoveryCodes"},
    "POST /api-keys": {"key"},
    "POST /api-keys/{apiKeyId}/rotate": {"key"},
    # Masked, so that a manager sees that there is one and which.
    "GET /settings": {"accessToken", "verifyToken"},
    "PATCH /settings": {"accessToken", "verifyToken"},
    "POST /channels": _MASKED,
    "GET /channels": _MASKED,
    "GET /channels/{channelId}": _MASKED,
    "PATCH /channels/{channelId}": _MASKED,
    "POST /channels/{channelId}/connect": _MASKED,
    "POST /channels/{channelId}/disconnect": _MASKED,
}
_ID = "019a0000-0000-7000-8000-00000000000f"
COVETED = {
    "tenantId": _ID,
    "tenant_id": _ID,
    "id": _ID,
    "createdAt": "2020-01-01T00:00:00Z",
    "created_at": "2020-01-01T00:00:00Z",
    "isSuperAdmin": True,
    "role": "SUPER_ADMIN",
    "passwordHash": "x",
    "credentials": "x",
    "version": 99,
}
_SIGNED = {"POST /auth/telegram", "POST /auth/telegram/link"}
"""They take whatever Telegram has signed, and nothing that it has not."""


def short(method: str, path: str) -> str:
    return f"{method} {path.removeprefix('/api/v1')}"


def fields(document: dict[str, Any], schema: dict[str, Any], inside: tuple[str, ...] = ()) -> Iterator[str]:
    """The names of all fields at any depth."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    if name in inside:
        return
    if name:
        schema, inside = document["components"]["schemas"][name], (*inside, name)
    inner = [part for word in ("anyOf", "oneOf", "allOf") for part in schema.get(word, ())]
    inner += [part for part in (schema.get("items"), schema.get("additionalProperties")) if isinstance(part, dict)]
    for part in inner:
        yield from fields(document, part, inside)
    for name, known in schema.get("properties", {}).items():
        yield name
        yield from fields(document, known, inside)


def answered(document: dict[str, Any], operation: dict[str, Any]) -> set[str]:
    """What a good answer can show."""
    contents = [given.get("content", {}) for status, given in operation["responses"].items() if status.startswith("2")]
    schemas = [media["schema"] for content in contents for media in content.values()]
    return {name for schema in schemas for name in fields(document, schema)}


def asked(document: dict[str, Any], operation: dict[str, Any]) -> set[str] | None:
    """What a body may have; None where there is none."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    schema = content["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return set(schema.get("properties", {}))


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/openapi.json").get_json()
    return found


def least_roles(client: FlaskClient) -> dict[str, Role | None]:
    """The least role of each route."""
    app = client.application
    return {
        short(method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)): declared.least
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if (declared := access_of(app.view_functions[rule.endpoint])) is not None
    }


def test_every_field_that_could_be_a_secret_is_shown_on_purpose(document: dict[str, Any]) -> None:
    found = {
        short(method, path): hits
        for method, path, operation in operations(document)
        if (hits := {name for name in answered(document, operation) if _SECRET.search(name)})
    }
    assert found == SHOWN


def test_who_sees_masked_secrets_or_bills_is_a_manager_at_least(client: FlaskClient, document: dict[str, Any]) -> None:
    roles = least_roles(client)
    seen = {
        short(method, path): hits
        for method, path, operation in operations(document)
        if (hits := {n for n in answered(document, operation) if n in {*_MASKED, "verifyToken"} or _BILLING.search(n)})
    }
    assert {"GET /settings", "GET /channels", "GET /subscription"} <= set(seen)
    for route, hits in seen.items():
        least = roles[route]
        assert least is not None, route
        assert least.at_least(Role.MANAGER), (route, hits)
    assert roles["GET /subscription"] is Role.OWNER


def test_no_write_takes_a_field_that_is_not_its_own(
    client: FlaskClient, rpc: FakeRpc, document: dict[str, Any]
) -> None:
    tried = 0
    for method, path, operation in operations(document):
        accepted = asked(document, operation)
        if accepted is None or short(method, path) in _SIGNED or "webhook" in path:
            continue
        unwanted = {name: value for name, value in COVETED.items() if name not in accepted}
        unwanted |= {name: "x" for name in answered(document, operation) - accepted if name not in COVETED}
        answer = client.open(_filled(path), method=method, json=unwanted, headers=bearer(Role.SUPER_ADMIN))
        assert answer.status_code == 422, (method, path, answer.text)
        assert set(unwanted) <= set(answer.get_json()["errors"]), (method, path)
        tried += 1
    assert tried >= 30
    assert rpc.commands == []


def _filled(path: str) -> str:
    return re.sub(r"\{\w+\}", _ID, path)
