"""Refusals on the wire: one table from kind to status, one shape (RFC 9457 with the envelope of all our answers)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from gateway import arrival
from gateway.refusals import WebhookNotTaken
from services.common.contracts.errors import ServiceError
from services.common.kit.logging import get_logger
from services.common.kit.publisher import Unroutable

log = get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
QUOTA_TYPE = "https://iana.org/assignments/http-problem-types#quota-exceeded"

STATUS_OF_KIND = {
    "Invalid": 422,
    "Unauthenticated": 401,
    "Forbidden": 403,
    "NotFound": 404,
    "Conflict": 409,
    "Gone": 410,
    "RateLimited": 429,
    "Unavailable": 503,
}

CODE_OF_STATUS = {
    400: "request.malformed",
    404: "request.unknown_path",
    405: "request.method_not_allowed",
    413: "request.too_large",
    414: "request.too_large",
    415: "request.unsupported_media_type",
    431: "request.too_large",
}

_WORDS = {
    404: "There is nothing at this path.",
    405: "This path does not take this method; the Allow header names those that it takes.",
    413: "The body is too large.",
}
_OUR_FAULT = frozenset({"rpc.method_not_found", "rpc.malformed"})
"""What a service says of the gateway's question, not of the caller's."""

_RETRY_AFTER, _POLICY = "retryAfter", "policy"
_RETRY_AFTER_SECONDS = {429: "1", 503: "2"}


@dataclass(frozen=True)
class Problem:
    """A refusal, ready for the wire."""

    status: int
    code: str
    detail: str
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_wire(self, instance: str, request_id: str) -> dict[str, Any]:
        """The JSON form."""
        return {
            "type": f"urn:frontdesk:problem:{self.code}",
            "title": title_of(self.code),
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            "errors": self.errors,
            "requestId": request_id,
            "success": False,
            "message": self.detail,
            **self.extra,
        }


def title_of(code: str) -> str:
    """`tenants.slug_taken` → `Slug taken`."""
    return code.rsplit(".", 1)[-1].replace("_", " ").capitalize()


def render(problem: Problem) -> Response:
    """The response of a problem."""
    body = orjson.dumps(problem.to_wire(request.path, arrival.arrival().request_id))
    return Response(body, status=problem.status, headers=dict(problem.headers), content_type=MEDIA_TYPE)


def of_service_error(error: ServiceError) -> Problem:
    """What a service, or the gateway itself, refuses."""
    status = STATUS_OF_KIND.get(error.kind)
    if status is None or error.code in _OUR_FAULT:
        log.error("service_failed", code=error.code, detail=error.message)
        return internal()
    details = dict(error.details)
    retry_after = details.pop(_RETRY_AFTER, _RETRY_AFTER_SECONDS.get(status))
    policy = details.pop(_POLICY, None)
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if status == 401:  # noqa: PLR2004  the number is the name
        headers["WWW-Authenticate"] = "Bearer"
    return Problem(
        status=status,
        code=error.code,
        detail=error.message,
        errors={key: [str(reason)] for key, reason in details.items()},
        headers=headers,
        extra={} if policy is None else {"type": QUOTA_TYPE, "violated-policies": [policy]},
    )


def of_http_exception(error: HTTPException) -> Problem:
    """What HTTP itself refuses: an unknown path, a wrong method, a body that is no JSON."""
    status = error.code or 500
    headers = {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
    ours = error.description != type(error).description
    return Problem(
        status=status,
        code=CODE_OF_STATUS.get(status, f"request.http_{status}"),
        detail=(error.description if ours else _WORDS.get(status)) or error.name,
        headers=headers,
    )


def internal() -> Problem:
    """Nothing of the cause leaves the process; the request id finds it in the logs."""
    return Problem(500, "internal", "Something went wrong on our side. The request id leads us to the cause.")


def register(app: Flask) -> None:
    """Turn whatever is raised while a request is served into a problem."""
    app.register_error_handler(ServiceError, lambda error: render(of_service_error(error)))
    app.register_error_handler(Unroutable, _on_unroutable)
    app.register_error_handler(HTTPException, _on_http_exception)
    app.register_error_handler(Exception, _on_unexpected)


def _on_unroutable(error: Unroutable) -> Response:
    log.error("nobody_takes_our_events", detail=str(error))
    return render(of_service_error(WebhookNotTaken()))


def _on_http_exception(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:  # noqa: PLR2004  a redirect is no refusal
        return error
    return render(of_http_exception(error))


def _on_unexpected(error: Exception) -> Response:
    log.error("request_crashed", exc_info=error)
    return render(internal())
