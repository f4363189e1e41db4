"""The whole document: the routes' operations under one title, with the security scheme and the shape of problems."""

from __future__ import annotations

import threading
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
    """Flask-smorest, with our own errors in place of its, and a document that is made when somebody reads it."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def __init__(self, app: Flask, **options: Any) -> None:
        self._undocumented: list[tuple[Any, Any]] = []
        self._document: bytes | None = None
        self._making = threading.Lock()
        super().__init__(app, **options)

    def register_blueprint(self, blp: Any, *, parameters: Any = None, **options: Any) -> None:
        """Add the routes now; what they say of themselves is collected by `document`."""
        self._app.register_blueprint(blp, **options)
        self._undocumented.append((blp, parameters))

    def document(self) -> bytes:
        """The whole document as JSON, made once."""
        with self._making:
            if self._document is None:
                self._document = self._make()
            return self._document

    def _make(self) -> bytes:
        for blp, parameters in self._undocumented:
            blp.register_views_in_doc(self, self._app, self.spec, name=blp.name, parameters=parameters)
            self.spec.tag({"name": blp.name, "description": blp.description})
        return _rendered(self.spec.to_dict())

    def _register_responses(self) -> None:
        """Each route has described its own."""

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
    api.spec.components.security_scheme(
        "apiKey",
        {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "fd_live_…",
            "description": "A key of `POST /api-keys`, in the same header. Each operation names the scope it needs.",
        },
    )
    return api


def document_of(app: Flask) -> bytes:
    """The application's document."""
    api: Api = app.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    return api.document()


def _rendered(document: dict[str, Any]) -> bytes:
    operations = (operation for path in document["paths"].values() for operation in path.values())
    for operation in operations:
        for parameter in operation.get("parameters", ()) if isinstance(operation, dict) else ():
            _write_lists_with_commas(parameter)
    _allow_selection(document["components"]["schemas"])
    return orjson.dumps(document)


def _allow_selection(schemas: dict[str, Any]) -> None:
    """Items of a list may come with some of their fields only: `fields=` says which."""
    for page in schemas.values():
        properties = page.get("properties", {})
        lists = (part for part in properties.values() if "pagination" in properties and part.get("type") == "array")
        for part in lists:
            item = schemas[part["items"]["$ref"].rsplit("/", 1)[-1]]
            part["items"] = {key: value for key, value in item.items() if key != "required"}


def _write_lists_with_commas(parameter: dict[str, Any]) -> None:
    """`?status=a,b`: what we parse, where the generator assumes repetition."""
    if parameter.get("in") == "query" and parameter.get("schema", {}).get("type") == "array":
        parameter.update(style="form", explode=False)
