"""The whole document: the routes' operations under one title, with the security scheme and the shape of problems."""

from __future__ import annotations

from functools import cache
from typing import Any

import flask_smorest
import orjson
from flask import Flask

from gateway import API_VERSION, VERSION

_PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457), in the envelope of all answers.",
    "required": ["type", "title", "status", "detail", "instance", "code", "errors", "requestId", "success", "message"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For people."},
        "instance": {"type": "string", "description": "The path that was called."},
        "code": {"type": "string", "description": "For programs: stable and dotted."},
        "errors": {
            "type": "object",
            "description": "What is wrong with which field.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "requestId": {"type": "string"},
        "success": {"type": "boolean", "const": False},
        "message": {"type": "string", "description": "The same as `detail`."},
        "violated-policies": {"type": "array", "items": {"type": "string"}},
    },
}
_DESCRIPTION = (
    'Answers come as `{"success": true, "data": …}`, refusals as `application/problem+json` with `"success": false`. '
    "Instants are RFC 3339 in UTC, ids are UUIDs, money is in minor units. `/api` without the version is the same as "
    f"`/api/{API_VERSION}`."
)


class Api(flask_smorest.Api):
    """Flask-smorest, with our own errors in place of its."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """`gateway.errors` answers for everything."""


def make_api(app: Flask) -> Api:
    """An API that collects the operations of the blueprints registered with it."""
    app.config.update(API_TITLE="Frontdesk", API_VERSION=VERSION, OPENAPI_VERSION="3.1.0")
    api = Api(app, spec_kwargs={"info": {"description": _DESCRIPTION}, "servers": [{"url": "/"}]})
    api.spec.components.schema("Problem", _PROBLEM)
    api.spec.components.security_scheme(
        "bearer",
        {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The `token` of a log-in."},
    )
    return api


def rendered(app: Flask) -> bytes:
    """The document as JSON, made once."""
    api = app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    return _render(api)


@cache
def _render(api: Api) -> bytes:
    document = api.spec.to_dict()
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()) if isinstance(operation, dict) else ():
                _write_lists_with_commas(parameter)
    return orjson.dumps(document)


def _write_lists_with_commas(parameter: dict[str, Any]) -> None:
    """`?status=a,b`: what we parse, where the generator assumes repetition."""
    if parameter.get("in") == "query" and parameter.get("schema", {}).get("type") == "array":
        parameter.update(style="form", explode=False)
