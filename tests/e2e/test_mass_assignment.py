"""S-22: nobody sets what is not theirs to set: each writing route refuses fields of answers, tenants, roles and ids."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from services.common.kit.ids import new_id
from tests.e2e.access_table import TABLE, Form, Row, filled, path_with
from tests.e2e.api import API, Api
from tests.e2e.business import PASSWORD, Business, Person, new_digits, new_email
from tests.e2e.stored import Fingerprint, Stored

COVETED: Form = {
    "tenantId": new_id(),
    "tenant_id": new_id(),
    "id": new_id(),
    "role": "SUPER_ADMIN",
    "createdAt": "2020-01-01T00:00:00Z",
    "updatedAt": "2020-01-01T00:00:00Z",
    "isActive": False,
    "emailVerified": True,
    "status": "READ",
    "direction": "INBOUND",
    "externalId": "wamid.forged",
    "userId": new_id(),
    "sessionId": new_id(),
    "cost": {"amount": 0, "currency": "EUR"},
    "version": 99,
    "__proto__": {},
    "$where": "1",
}

_FORMS: dict[str, Form] = {
    "POST /auth/register": {"email": "", "password": PASSWORD, "name": "Ida", "tenantName": "Ida's"},
    "POST /auth/login": {"email": "$email", "password": PASSWORD},
    "POST /auth/refresh": {"refreshToken": "$refreshToken"},
    "POST /auth/verify-email": {"token": "x"},
    "POST /auth/forgot-password": {"email": "$email"},
    "POST /auth/reset-password": {"token": "x", "newPassword": PASSWORD},
    "POST /auth/accept-invitation": {"token": "x", "password": PASSWORD},
    "POST /auth/mfa/verify": {"mfaToken": "x", "code": "000000"},
    "POST /auth/logout": {"refreshToken": "$refreshToken"},
}
_SIGNED = {"POST /auth/telegram", "POST /auth/telegram/link"}
"""They take whatever Telegram has signed, and nothing that it has not."""
_WRITING = [
    row
    for row in TABLE
    if row.method != "GET" and row.who not in {"webhook", "SUPER_ADMIN"} and row.request not in _SIGNED
]


@pytest.fixture(scope="module")
def things(business: Business) -> Form:
    """What the routes' own calls need."""
    person: Person = business.new_person()
    return {
        "email": business.signed_in["user"]["email"],
        "refreshToken": business.signed_in["refreshToken"],
        "channelId": business.channel["id"],
        "conversationId": business.hear(person, "Hello.")["conversationId"],
        "phone": person.written,
        "newNumber": new_digits(),
        "newEmail": new_email(),
        "password": PASSWORD,
        **{name: new_id() for name in ("salonId", "userId", "apiKeyId", "sessionId")},
    }


@pytest.fixture(scope="module", autouse=True)
def untouched(business: Business, things: Form, stored: Stored) -> Iterator[Fingerprint]:
    """What is refused has left nothing behind."""
    stored.await_quiet(business.tenant_id)
    before = stored.fingerprint(business.tenant_id)
    yield before
    assert stored.fingerprint(business.tenant_id) == before


def good_form(row: Row, things: Form) -> Form:
    """A body that the route takes as it is."""
    form: Form = filled(_FORMS.get(row.request, row.body or {}), things, {})
    return {**form, "email": new_email()} if row.request == "POST /auth/register" else form


def answered_fields(document: dict[str, Any], row: Row) -> set[str]:
    """The fields that the route shows, at any depth of its answer's own objects."""
    operation = document["paths"][API + row.path][row.method.lower()]
    responses = [response for status, response in operation["responses"].items() if status.startswith("2")]
    schemas = [content["schema"] for response in responses for content in response["content"].values()]
    return {name for schema in schemas for name in _fields(document, schema["properties"]["data"])}


def _fields(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    for name, known in schema.get("properties", {}).items():
        yield name
        yield from _fields(document, known)


def accepted_fields(document: dict[str, Any], row: Row) -> set[str]:
    """The fields that the document lets a caller send."""
    operation = document["paths"][API + row.path][row.method.lower()]
    if "requestBody" not in operation:
        return set()
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return set(schema["properties"])


@pytest.mark.parametrize("row", _WRITING, ids=lambda row: row.request)
def test_what_is_not_the_caller_s_to_set_is_refused_by_name(
    row: Row, business: Business, things: Form, document: dict[str, Any]
) -> None:
    shown = dict.fromkeys(answered_fields(document, row), "x")
    unwanted = {name: value for name, value in (shown | COVETED).items() if name not in accepted_fields(document, row)}
    assert len(unwanted) >= 10
    path = path_with(row, things)
    refused = business.api.call(row.method, path, {**good_form(row, things), **unwanted})
    assert refused.status == 422, refused.words
    assert set(refused.json["errors"]) == set(unwanted)
    assert {reason for reasons in refused.json["errors"].values() for reason in reasons} == {"Unknown field."}


@pytest.mark.parametrize("row", _WRITING, ids=lambda row: row.request)
def test_each_of_them_alone_is_refused_too(
    row: Row, business: Business, things: Form, document: dict[str, Any]
) -> None:
    """Invitations and changes of a user are there to set a role; all else is for nobody to set."""
    sets_a_role = row.request in {"POST /users", "PATCH /users/{userId}"}
    assert ("role" in accepted_fields(document, row)) == sets_a_role
    for name in ("tenantId", "id", "createdAt", *(() if sets_a_role else ("role",))):
        refused = business.api.call(row.method, path_with(row, things), {**good_form(row, things), name: COVETED[name]})
        assert (refused.status, set(refused.json["errors"])) == (422, {name}), refused.words


@pytest.mark.parametrize(
    "row",
    [row for row in TABLE if row.method == "GET" and row.who.isupper() and row.who != "SUPER_ADMIN"],
    ids=lambda row: row.request,
)
def test_a_query_cannot_name_a_tenant(row: Row, business: Business, api: Api) -> None:
    path = path_with(row, {name: new_id() for name in re.findall(r"\{(\w+)\}", row.path)})
    refused = business.api.get(path, tenantId=COVETED["tenantId"])
    assert (refused.status, set(refused.json["errors"])) == (422, {"tenantId"}), refused.words


def test_a_body_cannot_name_what_the_path_names(business: Business, things: Form) -> None:
    path = f"/conversations/{things['conversationId']}/messages"
    refused = business.api.post(path, {"text": "Hello.", "conversationId": new_id()})
    assert (refused.status, set(refused.json["errors"])) == (422, {"conversationId"})
    refused = business.api.post(path, {"text": "Hello.", "to": things["phone"]})
    assert (refused.status, set(refused.json["errors"])) == (422, {"to"})
