"""The API tells of itself: a valid document, a page to read it on, and answers that keep to it."""

from __future__ import annotations

import re
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.e2e.api import Api
from tests.e2e.business import Business

_EXAMPLES = 4
_REFUSED, _NOT_LET_IN = 400, "gateway.unauthenticated"
_LAST = "POST /api/v1/auth/logout"
"""Who calls it has no session any more."""
_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance]
_FOREIGN = re.compile(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", re.IGNORECASE)


def test_the_document_is_served_and_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()
    assert "/api/v1/messages" in document["paths"]


def test_the_page_is_served_from_our_own_files_alone(api: Api) -> None:
    page = api.get("/api/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "'self'" in page.headers["Content-Security-Policy"]
    html = page.response.text
    assert _FOREIGN.findall(html) == []
    files = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert any(file.endswith("bundle.js") for file in files)
    assert re.findall(r"<script(?![^>]*src=)", html) == []
    for file in files:
        path = file if file.startswith("/") else f"/api/{file.removeprefix('./')}"
        served = api.get(path)
        assert (served.status, bool(served.response.content)) == (200, True), path
    start = api.get("/api/docs/start.js").response.text
    assert _FOREIGN.findall(start) == []
    assert "openapi.json" in start


@pytest.mark.parametrize("file", ["../app.py", "..%2Fapp.py", "missing.js", "%2Fetc%2Fpasswd", "start.js%00"])
def test_the_page_serves_no_other_files(api: Api, file: str) -> None:
    assert api.get(f"/api/docs/{file}").status == 404


@pytest.mark.usefixtures("demo_tenants")  # else the document's example of a channel would take their number
def test_answers_to_made_up_requests_fit_the_document(business: Business, settings: dict[str, str]) -> None:
    """Every operation is tried as the owner of a tenant that has one of everything."""
    heard = business.hear(business.new_person(), "So that there is a conversation.")
    salon = business.api.post("/salons", {"name": "Fuzz", "timezone": "Europe/Berlin", "currency": "EUR"}).data
    business.api.post("/templates/sync", {})
    (template,) = business.api.get("/templates").data["templates"]
    known = {
        "templateId": template["id"],
        "salonId": salon["id"],
        "channelId": business.channel["id"],
        "conversationId": heard["conversationId"],
        "messageId": heard["id"],
    }
    schema = schemathesis.openapi.from_url(f"{settings['GATEWAY_URL']}/api/openapi.json")
    operations: list[Any] = [found.ok() for found in cast("Any", schema).get_all_operations()]
    operations.sort(key=lambda operation: operation.label == _LAST)
    assert operations[-1].label == _LAST
    codes = {operation.label: _try(operation, business, known) for operation in operations}
    assert [label for label, seen in codes.items() if seen == {_NOT_LET_IN}] == []


def _try(operation: Any, business: Business, known: dict[str, str]) -> set[str]:
    """Some requests that the document allows, half of them with ids of things that exist; what they were answered."""
    tries, codes = iter(range(10_000)), set()

    @hypothesis_settings(
        max_examples=_EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def run(case: Any) -> None:
        if next(tries) % 2:
            case.path_parameters.update({name: known[name] for name in case.path_parameters if name in known})
        # With `fields` the caller asks for less than the schema of the whole thing requires.
        shape = [] if "fields" in case.query else [response_schema_conformance]
        answer = case.call_and_validate(headers={"Authorization": f"Bearer {business.token}"}, checks=_CHECKS + shape)
        codes.add(answer.json().get("code", "") if answer.status_code >= _REFUSED else "")

    run()
    return codes
