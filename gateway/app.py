"""The one place of wiring: settings in, a WSGI application out."""

from __future__ import annotations

import time
from typing import Any

import structlog
from flask import Flask, Response, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import UUIDConverter

from gateway import access, bodies, errors, headers, metrics
from gateway.api import ROOT, UNVERSIONED, VERSIONED
from gateway.arrival import Arrival, arrival, arrive
from gateway.bus import Publisher, Rpc
from gateway.counters import SharedCounters
from gateway.database import Pool
from gateway.health import HealthReport
from gateway.key_lookup import KeyLookup
from gateway.limits import Limiter, Policy
from gateway.memory import Memory
from gateway.openapi.spec import make_api
from gateway.parts import EXTENSION, Parts
from gateway.revocations import Revocations
from gateway.settings import GatewaySettings
from gateway.signing_keys import SigningKeys
from gateway.tokens import TokenVerifier
from services.common.contracts.auth import ApiKeyPrincipal, FindApiKey, GetJwks
from services.common.kit.context import Context
from services.common.kit.logging import get_logger

log = get_logger(__name__)

_KEYS_SECONDS = 3.0


class IdConverter(UUIDConverter):
    """An id in a path, as text. Whatever is not a UUID is an unknown path."""

    def to_python(self, value: str) -> str:  # type: ignore[override]  # ids are text everywhere in Python
        return value.lower()


def create_app(settings: GatewaySettings, rpc: Rpc, publisher: Publisher, revocations: Revocations) -> Flask:
    """The application. Nothing of it connects before the first request, so it may be made before a fork."""
    app = Flask("gateway", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.extensions[EXTENSION] = make_parts(settings, rpc, publisher, revocations)
    errors.register(app)
    app.before_request(_begin)
    app.after_request(_finish)
    _add_routes(app)
    access.check_declared(app)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]  # Flask's own way
    return app


def make_parts(settings: GatewaySettings, rpc: Rpc, publisher: Publisher, revocations: Revocations) -> Parts:
    """The collaborators, each made once."""
    pool = None if settings.database_url is None else Pool(settings.database_url)
    keys = SigningKeys(lambda: rpc.call(GetJwks(), Context.new(), _KEYS_SECONDS).keys)

    def find_api_key(key_hash: str) -> ApiKeyPrincipal:
        return rpc.call(FindApiKey(key_hash=key_hash), Context.new(request_id=arrival().request_id), _KEYS_SECONDS)

    return Parts(
        settings=settings,
        rpc=rpc,
        publisher=publisher,
        verifier=TokenVerifier(keys),
        keys=KeyLookup(find_api_key),
        revocations=revocations,
        limiter=Limiter(None if pool is None else SharedCounters(pool)),
        verify_tokens=Memory(),
        health=HealthReport(rpc, None if pool is None else pool.answers),
        caller_policy=_policy("caller", settings.rate_limit_per_minute),
        credential_policy=_policy("credentials", settings.credential_rate_limit_per_minute),
    )


def _policy(name: str, quota: int) -> Policy | None:
    return Policy(name, quota) if quota > 0 else None


def _add_routes(app: Flask) -> None:
    app.url_map.converters["id"] = IdConverter
    api = make_api(app)
    for resource in ROOT:
        api.register_blueprint(resource)
    for resource in UNVERSIONED:
        api.register_blueprint(resource, url_prefix="/api")
    for resource in VERSIONED:
        api.register_blueprint(resource, url_prefix="/api/v1")
        # The alias is the same blueprint again, past the document.
        app.register_blueprint(resource, url_prefix="/api", name=f"{resource.name}-unversioned")


def _begin() -> Response | None:
    now = arrive()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=now.request_id)
    if headers.is_preflight():
        return Response(status=204)
    access.admit(now)
    return None


def _finish(response: Response) -> Response:
    now = arrival()
    bodies.let_arrive()
    headers.secure(response, now, current_app.extensions[EXTENSION].settings.cors_origins)
    _record(now, response)
    return response


def _record(now: Arrival, response: Response) -> None:
    """One line and two figures for each request; never a body, a query or a token."""
    seconds = time.monotonic() - now.started
    rule = request.url_rule
    route = "unknown" if rule is None else rule.rule
    metrics.requests(request.method, route, response.status_code, seconds)
    view: Any = current_app.view_functions.get(request.endpoint or "")
    declared = access.access_of(view)
    quiet = declared is not None and declared.kind in access.QUIET
    who = now.principal
    (log.debug if quiet else log.info)(
        "request_served",
        method=request.method,
        route=route,
        status=response.status_code,
        milliseconds=round(seconds * 1000, 1),
        user_id=who.user_id if who else None,
        api_key_id=who.caller if who and who.api_key else None,
        tenant_id=who.tenant_id if who else None,
    )
