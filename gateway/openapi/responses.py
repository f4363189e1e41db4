"""The parts of an operation that all routes share: answers in their envelope, refusals as problems, access."""

from __future__ import annotations

from typing import Any

from gateway import errors
from gateway.access import Access, Kind
from gateway.openapi import examples
from gateway.refusals import NotPublic, TooManyRequests
from services.common.contracts import codec
from services.common.contracts.base import Message, schema_of
from services.common.contracts.errors import ServiceError

JSON = "application/json"

_REQUEST_ID_HEADER = {
    "description": "Names this request in our logs; the caller's own when it sent one.",
    "schema": {"type": "string"},
}
_ACCESS_WORDS = {
    Kind.PUBLIC: "No credential needed.",
    Kind.CREDENTIALS: "No credential needed; limited hard by address.",
    Kind.WEBHOOK: "For the provider, which signs.",
    Kind.PROBE: "No credential needed.",
    Kind.INTERNAL: "From private networks, or with the token for metrics.",
}
_BODY_STATUSES = {400: "The body is not JSON.", 413: "The body is too large.", 415: "The body is not application/json."}
_HEADERS = {"X-Request-ID": _REQUEST_ID_HEADER}
_POSSIBLE: dict[Kind, list[type[ServiceError]]] = {
    Kind.PUBLIC: [TooManyRequests],
    Kind.PROBE: [],
    Kind.INTERNAL: [NotPublic],
    Kind.WEBHOOK: [],
}


def operation_id(summary: str) -> str:
    """`Send a text` → `sendAText`."""
    return codec.wire_name("_".join(summary.strip(" .").lower().split()))


def access_words(access: Access, method: str = "GET") -> str:
    """The rule of a view, for people."""
    if access.kind is Kind.LOGIN_STEP:
        return f"Least role: `{access.least}`; without a token, `mfaToken` must be sent."
    if access.least is None:
        return _ACCESS_WORDS[access.kind]
    scope = access.scope(method)
    keys = "Not for API keys." if scope is None else f"API keys need `{scope}`."
    return f"Least role: `{access.least}`. {keys}"


def security_of(access: Access, method: str = "GET") -> list[dict[str, list[str]]]:
    """The rule of a view, for programs."""
    if access.kind is Kind.LOGIN_STEP:
        return [{"bearer": []}, {}]
    if access.kind is not Kind.BEARER:
        return []
    scope = access.scope(method)
    return [{"bearer": []}] if scope is None else [{"bearer": []}, {"apiKey": [scope]}]


def of_returns(returns: Any) -> dict[str, Any]:
    """A successful answer in its envelope."""
    is_view = isinstance(returns, type) and issubclass(returns, Message)
    data: Any = schema_of(returns) if is_view else {"type": "null"} if returns in (None, type(None)) else {}
    return enveloped_answer("Done.", data, examples.of_view(returns) if is_view else None)


def enveloped(data: Any) -> dict[str, Any]:
    """The schema of `{"success": true, "data": …}`."""
    return {
        "type": "object",
        "required": ["success", "data"],
        "properties": {"success": {"type": "boolean", "const": True}, "data": data},
    }


def refusals(possible: list[type[ServiceError]], *, has_body: bool = False) -> dict[str, Any]:
    """Problem answers by status, each with the codes that it can carry."""
    by_status: dict[int, list[tuple[str, str]]] = {}
    for error in possible:
        by_status.setdefault(errors.STATUS_OF_KIND[error.kind], []).append((error.code, error.default_message()))
    if has_body:
        for status, words in _BODY_STATUSES.items():
            by_status.setdefault(status, []).append((errors.CODE_OF_STATUS[status], words))
    by_status[500] = [(errors.internal().code, "Something went wrong on our side.")]
    return {str(status): problem_answer(status, *reasons) for status, reasons in sorted(by_status.items())}


def plain(operation: str, summary: str, access: Access, responses: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The operation of a route that has no RPC behind it."""
    return {
        "operationId": operation,
        "summary": summary,
        "description": access_words(access),
        "security": security_of(access),
        "responses": {**responses, **refusals(_POSSIBLE[access.kind])},
        **more,
    }


def enveloped_answer(description: str, data: Any, example: Any) -> dict[str, Any]:
    """A successful answer that is no view of a service."""
    content = {"schema": enveloped(data), "example": {"success": True, "data": example}}
    return {"description": description, "headers": _HEADERS, "content": {JSON: content}}


def other_answer(description: str, media_type: str, schema: Any, example: Any = None) -> dict[str, Any]:
    """An answer without our envelope, in a format that others have defined."""
    content = {"schema": schema} if example is None else {"schema": schema, "example": example}
    return {"description": description, "headers": _HEADERS, "content": {media_type: content}}


def problem_answer(status: int, *reasons: tuple[str, str]) -> dict[str, Any]:
    """A refusal, with the codes that it can carry and what they mean."""
    code, words = reasons[0]
    example = errors.Problem(status, code, words).to_wire("/api/v1/…", "01900000-0000-7000-8000-000000000000")
    return {
        "description": " · ".join(f"`{each}`: {meaning}" for each, meaning in reasons),
        "content": {errors.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }


PAGE = {"200": other_answer("The page.", "text/html", {"type": "string"})}
"""The answers of a page that people look at."""

FILE = {
    "200": other_answer("The file.", "application/octet-stream", {"type": "string"}),
    "404": problem_answer(404, ("request.unknown_path", "There is no such file.")),
}
"""The answers of a folder of such a page's files."""
