"""The API document is valid, complete, and nothing but the truth (S-21: no route that it does not have)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from gateway.access import Access, Kind, access_of, check_declared
from services.common.contracts.auth import Role
from tests.gateway.conftest import MakeClient

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture
def document(client: FlaskClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/openapi.json").get_json()
    return found


def operations(document: dict[str, Any]) -> list[Operation]:
    return [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method in {"get", "post", "put", "patch", "delete"}
    ]


def routes(app: Flask) -> set[tuple[str, str]]:
    """Method and path of each rule, without those that only repeat another below `/api`."""
    return {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        if "-unversioned." not in rule.endpoint
        for method in rule.methods or ()
        if method not in {"HEAD", "OPTIONS"}
    }


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(document).validate()


def test_the_document_is_the_routes(client: FlaskClient, document: dict[str, Any]) -> None:
    documented = {(method, path) for method, path, _ in operations(document)}
    assert documented == routes(client.application)


def test_every_versioned_route_has_its_alias(client: FlaskClient) -> None:
    rules = {rule.rule: rule.endpoint for rule in client.application.url_map.iter_rules()}
    versioned = [path for path in rules if path.startswith("/api/v1/")]
    assert [path for path in versioned if path.replace("/api/v1/", "/api/", 1) not in rules] == []


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z][A-Za-z0-9]*", name)] == []


def test_every_operation_says_who_may_call_it(client: FlaskClient, document: dict[str, Any]) -> None:
    app = client.application
    for method, path, operation in operations(document):
        view = app.view_functions[_endpoint(app, method, path)]
        declared = access_of(view)
        assert declared is not None
        assert operation["security"] == _security(declared, method)
        if declared.least is not None:
            assert f"`{declared.least}`" in operation["description"]
            assert {"401", "403"} <= set(operation["responses"])


def _security(declared: Access, method: str) -> list[dict[str, list[str]]]:
    scope = declared.scope(method)
    more: list[dict[str, list[str]]] = [{"apiKey": [scope]}] if scope else []
    if declared.kind is Kind.LOGIN_STEP:
        more = [{}]
    return [{"bearer": []}, *more] if declared.least else []


def test_only_some_collections_are_for_programs(client: FlaskClient, document: dict[str, Any]) -> None:
    scopes = {
        f"{method} {path.removeprefix('/api/v1')}": scope
        for method, path, operation in operations(document)
        for each in operation["security"]
        for scope in each.get("apiKey", ())
    }
    assert scopes["POST /messages"] == scopes["POST /whatsapp/send-text"] == "messages:write"
    assert scopes["POST /conversations/{conversationId}/messages"] == "messages:write"
    assert scopes["DELETE /channels/{channelId}"] == "channels:write"
    assert scopes["GET /settings"] == "settings:read"
    closed = ("/auth", "/users", "/api-keys", "/subscription", "/admin", "/audit-log")
    assert [name for name in scopes if name.split(" ")[1].startswith(closed)] == []


def _endpoint(app: Flask, method: str, path: str) -> str:
    wanted = re.sub(r"\{(\w+)\}", r"<\1>", path)
    for rule in app.url_map.iter_rules():
        if re.sub(r"<\w+:", "<", rule.rule) == wanted and method in (rule.methods or ()):
            return str(rule.endpoint)
    raise LookupError(path)


def test_refusals_are_problems_and_answers_have_examples(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            media = response["content"]
            if int(status) >= 400 and status != "503":
                assert set(media) == {"application/problem+json"}, (method, path, status)
            for content in media.values():
                assert "schema" in content
        body = operation.get("requestBody")
        assert body is None or all("example" in content for content in body["content"].values())


def test_examples_fit_their_schemas(document: dict[str, Any]) -> None:
    registry: Registry[Any] = Registry().with_resource("urn:document", DRAFT202012.create_resource(document))
    for method, path, operation in operations(document):
        for content in _contents(operation):
            if "example" in content:
                schema = _rooted(content["schema"])
                errors = [
                    error.message
                    for error in Draft202012Validator(
                        schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
                    ).iter_errors(content["example"])
                ]
                assert errors == [], (method, path)


def _contents(operation: dict[str, Any]) -> list[dict[str, Any]]:
    holders = [*operation["responses"].values(), operation.get("requestBody", {"content": {}})]
    return [content for holder in holders for content in holder["content"].values()]


def _rooted(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: f"urn:document{value}" if key == "$ref" else _rooted(value) for key, value in schema.items()}
    return [_rooted(part) for part in schema] if isinstance(schema, list) else schema


def test_secrets_are_shown_as_write_only(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Register"]["properties"]["password"]["writeOnly"] is True
    assert schemas["CreateChannel"]["properties"]["accessToken"]["writeOnly"] is True


def test_bodies_and_lists_are_described(document: dict[str, Any]) -> None:
    salons = document["paths"]["/api/v1/salons"]
    body = salons["post"]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": "#/components/schemas/CreateSalon"}
    assert document["components"]["schemas"]["CreateSalon"]["additionalProperties"] is False
    parameters = {parameter["name"]: parameter for parameter in salons["get"]["parameters"]}
    assert set(parameters) == {"page", "limit", "cursor", "fields"}
    assert parameters["limit"]["schema"]["maximum"] == 100
    assert parameters["fields"]["explode"] is False


def test_ids_in_paths_are_described(document: dict[str, Any]) -> None:
    (parameter,) = (
        document["paths"]["/api/v1/salons/{salonId}"]["get"].get("parameters")
        or document["paths"]["/api/v1/salons/{salonId}"]["parameters"]
    )
    assert (parameter["in"], parameter["schema"]) == ("path", {"type": "string", "format": "uuid"})


def test_a_route_without_a_declaration_does_not_start(make_client: MakeClient) -> None:
    app = make_client().application
    app.view_functions["forgotten"] = lambda: "open to all"
    with pytest.raises(TypeError, match="forgotten"):
        check_declared(app)


def test_every_route_declares_its_access(client: FlaskClient) -> None:
    check_declared(client.application)
    assert {access_of(view).least for view in client.application.view_functions.values() if access_of(view)} >= {  # type: ignore[union-attr]  # those that have none are left out
        Role.CUSTOMER,
        Role.STAFF,
        Role.MANAGER,
        Role.OWNER,
    }


@pytest.mark.parametrize(
    ("file", "media_type"),
    [
        ("swagger-ui.css", "text/css"),
        ("swagger-ui-bundle.js", "text/javascript"),
        ("swagger-ui-standalone-preset.js", "text/javascript"),
        ("start.js", "text/javascript"),
        ("favicon-32x32.png", "image/png"),
    ],
)
def test_the_documentation_page_has_its_files(client: FlaskClient, file: str, media_type: str) -> None:
    with client.get(f"/api/docs/{file}") as response:
        assert (response.status_code, response.mimetype) == (200, media_type)
        assert len(response.data) > 100


def test_the_documentation_page_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    with client.get("/api/docs") as response:
        page = response.get_data(as_text=True)
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert loaded
    assert [address for address in loaded if not address.startswith("docs/")] == []
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []


@pytest.mark.parametrize("file", ["..%2fapp.py", "..", "LICENSE", "swagger-editor.js", "__init__.py"])
def test_no_other_file_is_served(client: FlaskClient, file: str) -> None:
    assert client.get(f"/api/docs/{file}").status_code == 404
