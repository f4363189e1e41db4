"""Blueprints whose routes are one line each: a method, a path, and the request to a service that answers it.

The request's class gives the rest: which fields come from the path, the query or the body, what the answer looks like,
the words and the examples of the API document.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import flask_smorest
from flask import Response, request

from gateway import API_VERSION, answers, bodies
from gateway.access import Access
from gateway.openapi.operations import of_route
from gateway.rpc import ask
from services.common.contracts import codec
from services.common.contracts.base import Message, Request
from services.common.contracts.errors import Invalid, ServiceError
from services.common.contracts.paging import Pagination

ASKS_PROVIDER = 12.0
"""Seconds for a route whose service makes some calls to a provider before it answers."""

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_WITH_LOCATION = frozenset({201, 202})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
_READING = frozenset({"GET", "HEAD"})
_UNKNOWN = "Unknown field."
_MISSING = "Missing data for required field."


@dataclass(frozen=True, kw_only=True)
class Route:
    """One line of a resource's table."""

    method: str
    rule: str
    asks: type[Request[Any]]
    access: Access
    status: int = 200
    refuses: tuple[type[ServiceError], ...] = ()
    """What the service may refuse beyond what any route may answer; for the document."""
    fixed: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    """Fields that the gateway decides, whatever is sent."""
    fallback: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    """Fields that the gateway fills in when they are not sent."""
    takes: tuple[str, ...] | None = None
    """Wire names of the fields that the caller may send, where these are not all that are left."""
    needs: tuple[str, ...] = ()
    """Wire names of fields that are optional in the request but not on this route."""
    located_at: str | None = None
    """Where the new thing is found, if not under this very path."""
    named_in: str | None = None
    """The part of the answer that has the new thing's id, where it is not the answer itself."""
    guard: Callable[[Mapping[str, Any]], None] | None = None
    """Refuses, by what was sent, whoever the access rule alone cannot judge."""
    shape: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    """Makes the request's fields of a body that others have defined; `body_schema` then describes that body."""
    body_schema: Mapping[str, Any] | None = None
    seconds: float | None = None
    """How long the answer may take, where a service asks somebody outside first."""
    secrets_sent: bool = False
    """Whether a DELETE takes its fields from a body: what is secret must not stand in an address."""
    summary: str | None = None
    example: Mapping[str, Any] | None = None

    @property
    def has_body(self) -> bool:
        """Whether fields come from the body, or else from the query."""
        return self.method in _WITH_BODY or self.secrets_sent

    @property
    def changes(self) -> bool:
        """Whether it may change something: it then takes an idempotency key, and no body that it does not know."""
        return self.method not in _READING

    @property
    def path_fields(self) -> tuple[str, ...]:
        """Wire names of the fields that the path carries."""
        return tuple(_PARAMETER.findall(self.rule))

    @property
    def sent_fields(self) -> frozenset[str]:
        """Wire names of the fields that body or query may carry."""
        if self.takes is not None:
            return frozenset(self.takes)
        keys = {member.key for member in codec.members(self.asks)}
        return frozenset(keys - set(self.path_fields) - set(self.fixed))

    @property
    def listing(self) -> tuple[str, frozenset[str]] | None:
        """For a page: the plural noun and the top-level fields of its items."""
        return listing_of(self.asks.RETURNS)


def listing_of(answer: Any) -> tuple[str, frozenset[str]] | None:
    """The plural noun and the items' fields of a page view; None for any other answer."""
    if not (isinstance(answer, type) and issubclass(answer, Message)):
        return None
    found = codec.members(answer)
    if not any(member.hint is Pagination for member in found):
        return None
    items = next(member for member in found if member.hint is not Pagination)
    (item,) = items.hint.__args__
    return items.key, frozenset(member.key for member in codec.members(item))


class Resource(flask_smorest.Blueprint):
    """The routes of one noun."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(name, __name__, description=description)

    def route_to(self, asks: type[Request[Any]], method_and_rule: str, *, access: Access, **options: Any) -> None:
        """Declare a route that one RPC answers: `salons.route_to(GetSalon, "GET /salons/<id:salonId>", access=…)`."""
        method, rule = method_and_rule.split(" ")
        route = Route(method=method, rule=rule, asks=asks, access=access, **options)
        view = access(self.doc(**of_route(route))(_view_of(route)))
        self.add_url_rule(rule, f"{asks.METHOD}_{len(self._endpoints)}", view, methods=[method])


def _view_of(route: Route) -> Callable[..., Response]:
    listing = route.listing

    def view(**path: str) -> Response:
        sent = _sent(route)
        fields = _pop_fields(sent) if listing is not None else None
        wire = ask(_request_of(route, sent, path), route.seconds)
        if listing is not None and fields is not None:
            wire = answers.select(wire, listing[0], fields, listing[1])
        return answers.success(wire, route.status, _location(route, wire))

    view.__doc__ = route.summary or route.asks.__doc__
    return view


def _sent(route: Route) -> dict[str, Any]:
    """What the caller wrote, as fields of the request."""
    if not route.changes:
        return bodies.query()
    sent = bodies.json_object() if route.has_body else {**bodies.query(), **bodies.json_object()}
    if route.guard is not None:
        route.guard(sent)
    return sent if route.shape is None else route.shape(sent)


def _request_of(route: Route, sent: dict[str, Any], path: Mapping[str, str]) -> Request[Any]:
    """Strictly: a field that the path or the route decides is as unknown in a body as a misspelt one."""
    problems = dict.fromkeys(sorted(set(sent) - route.sent_fields), _UNKNOWN)
    problems.update({name: _MISSING for name in route.needs if sent.get(name) is None})
    wire = {name: fill() for name, fill in route.fallback.items()}
    wire.update({name: value for name, value in sent.items() if name not in problems})
    wire.update({name: decide() for name, decide in route.fixed.items()}, **path)
    try:
        parsed = route.asks.from_wire(wire)
    except Invalid as refusal:
        problems = {**refusal.details, **problems}
    if problems:
        raise Invalid(f"Some values are refused: {', '.join(sorted(problems))}.", problems)
    return parsed


def _pop_fields(sent: dict[str, Any]) -> list[str] | None:
    wanted = sent.pop("fields", None)
    return None if wanted is None else [name.strip() for name in str(wanted).split(",") if name.strip()]


def _location(route: Route, wire: Any) -> str | None:
    """Where the new thing is found: below this path, or below another of the same API."""
    if route.status not in _WITH_LOCATION or not isinstance(wire, dict):
        return None
    made = wire if route.named_in is None else wire[route.named_in]
    if "id" not in made:
        return None
    base = request.path if route.located_at is None else f"/api/{API_VERSION}{route.located_at}"
    return f"{base}/{made['id']}"
