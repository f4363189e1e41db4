"""Headers of every response: what browsers may do with it, and which origins may read it."""

from __future__ import annotations

from collections.abc import Collection

from flask import Response, request
from werkzeug.datastructures import Headers

from gateway.arrival import Arrival

_API_POLICY = "default-src 'none'; frame-ancestors 'none'"
_HSTS = "max-age=31536000; includeSubDomains"
_ALLOWED_METHODS = "GET, POST, PUT, PATCH, DELETE"
_ALLOWED_HEADERS = "Authorization, Content-Type, Idempotency-Key, If-Match, X-Request-ID"
_EXPOSED_HEADERS = (
    "ETag, Location, RateLimit, RateLimit-Policy, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
    "Retry-After, X-Request-ID"
)
_PREFLIGHT_SECONDS = "600"


def secure(response: Response, now: Arrival, origins: Collection[str]) -> None:
    """Add what a view has not set itself."""
    headers = response.headers
    headers["X-Request-ID"] = now.request_id
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers.setdefault("Content-Security-Policy", _API_POLICY)
    headers.setdefault("Cache-Control", "no-store")
    if request.is_secure:
        headers["Strict-Transport-Security"] = _HSTS
    if now.verdict is not None:
        headers.update(now.verdict.headers())
    if origins:
        _share(headers, origins)


def is_preflight() -> bool:
    """Whether a browser asks if a script of another origin may make a request."""
    return request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers


def _share(headers: Headers, origins: Collection[str]) -> None:
    """Cross-origin sharing by exact origin. No credentials: tokens travel in a header that scripts set themselves."""
    headers.add("Vary", "Origin")
    origin = request.headers.get("Origin")
    if origin not in origins:
        return
    headers["Access-Control-Allow-Origin"] = origin
    headers["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS
    if is_preflight():
        headers["Access-Control-Allow-Methods"] = _ALLOWED_METHODS
        headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
        headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
