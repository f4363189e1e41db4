"""The operation of a route that one RPC answers, made from the request's class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import marshmallow as ma

from gateway.access import Kind
from gateway.openapi import examples
from gateway.openapi.responses import JSON, access_words, of_returns, operation_id, refusals, security_of
from gateway.refusals import BadCredential, RoleForbids, ScopeMissing, TooManyRequests, UserNeeded
from services.common.contracts import codec
from services.common.contracts.auth import TenantSuspended
from services.common.contracts.base import schema_of
from services.common.contracts.errors import Invalid, NotFound, ServiceError, Unavailable
from services.common.contracts.idempotency import IdempotencyKeyReused, StillRunning

if TYPE_CHECKING:
    from gateway.resource import Route

_KEY_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "The same key with the same body repeats the stored answer for 24 hours instead of acting again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def of_route(route: Route) -> dict[str, Any]:
    """The operation object of a route that one RPC answers."""
    summary, _, rest = (route.summary or route.asks.__doc__ or "").strip().partition("\n")
    operation: dict[str, Any] = {
        "operationId": codec.wire_name(route.asks.METHOD) if route.summary is None else operation_id(route.summary),
        "summary": summary.rstrip("."),
        "description": f"{' '.join(rest.split())}\n\n{access_words(route.access, route.method)}".strip(),
        "security": security_of(route.access, route.method),
        "parameters": list(_parameters(route)),
        "responses": {
            str(route.status): of_returns(route.asks.RETURNS),
            **refusals(_possible(route), has_body=route.changes),
        },
    }
    if route.has_body and route.sent_fields:
        operation["requestBody"] = _body(route)
    return operation


def _possible(route: Route) -> list[type[ServiceError]]:
    found: list[type[ServiceError]] = [*route.refuses]
    if route.access.kind in {Kind.BEARER, Kind.LOGIN_STEP}:
        found += [BadCredential, RoleForbids, TenantSuspended]
        found.append(UserNeeded if route.access.scope(route.method) is None else ScopeMissing)
    if route.changes:
        found += [IdempotencyKeyReused, StillRunning]
    if route.path_fields and not any(issubclass(error, NotFound) for error in found):
        found.append(NotFound)
    if route.sent_fields or route.listing or route.changes:
        found.append(Invalid)
    return [*found, TooManyRequests, Unavailable]


def _parameters(route: Route) -> Iterator[dict[str, Any]]:
    if route.changes:
        yield dict(_KEY_HEADER)
    elif route.sent_fields:
        yield {"in": "query", "schema": _schema_for(route)}
    listing = route.listing
    if listing is not None:
        yield {
            "in": "query",
            "name": "fields",
            "required": False,
            "description": "Only these top-level fields of the items, comma-separated.",
            "style": "form",
            "explode": False,
            "schema": {"type": "array", "items": {"type": "string", "enum": sorted(listing[1])}},
        }


def _body(route: Route) -> dict[str, Any]:
    if route.body_schema is not None:
        return {"required": True, "content": {JSON: {"schema": dict(route.body_schema), "example": route.example}}}
    schema = _schema_for(route)
    content: dict[str, Any] = {"schema": schema}
    sample = route.example or route.asks.EXAMPLE or examples.of_request(route.asks)
    content["example"] = {name: value for name, value in sample.items() if name in route.sent_fields}
    needed = any(field.required for field in schema._declared_fields.values())  # noqa: SLF001  marshmallow has no other name for it
    return {"required": needed, "content": {JSON: content}}


def _schema_for(route: Route) -> type[ma.Schema]:
    """The request's schema, less what the path and the route decide."""
    whole = schema_of(route.asks)
    declared = whole._declared_fields.items()  # noqa: SLF001  as above
    left = {name: field for name, field in declared if (field.data_key or name) in route.sent_fields}
    if len(left) == len(whole._declared_fields) and not route.needs:  # noqa: SLF001  as above
        return whole
    meta = type("Meta", (), {"unknown": ma.RAISE})
    name = f"{route.asks.__name__}{''.join(word.title() for word in (route.summary or 'body').split()).rstrip('.')}"
    return type(name, (ma.Schema,), {"Meta": meta, **{key: _needed(route, key, field) for key, field in left.items()}})


def _needed(route: Route, name: str, field: Any) -> Any:
    if (field.data_key or name) not in route.needs:
        return field
    needed = type(field)(
        data_key=field.data_key, required=True, validate=field.validators, metadata=dict(field.metadata)
    )
    needed.allow_none = False
    return needed
