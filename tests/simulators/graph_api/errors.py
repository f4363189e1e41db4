"""Errors of the Graph API, as answers and as the `errors` of a failed status."""

import secrets
from typing import Any

from tests.simulators.graph_api.catalogue import CATALOGUE
from tests.simulators.graph_api.wire import JsonObject, Response

HELP_PAGE = "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes/"

MESSAGING_KIND = "OAuthException"
NODE_MISSING_SUBCODE = 33
TOKEN_EXPIRED_SUBCODE = 463
TOKEN_INVALID_SUBCODE = 467


class GraphError(Exception):
    """A refusal that the API answers with a catalogued code."""

    def __init__(
        self,
        code: int,
        details: str | None = None,
        *,
        message: str | None = None,
        subcode: int | None = None,
        kind: str = MESSAGING_KIND,
    ) -> None:
        super().__init__(code, details)
        self.code = code
        self.entry = CATALOGUE[code]
        self.details = details or self.entry.details
        self.message = message or f"(#{code}) {self.entry.title}"
        self.subcode = subcode
        self.kind = kind

    def response(self) -> Response:
        """Return the answer that carries this error."""
        error: JsonObject = {"message": self.message, "type": self.kind, "code": self.code}
        if self.entry.messaging and self.kind == MESSAGING_KIND:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        error["fbtrace_id"] = trace_id()
        return Response(self.entry.http_status, {"error": error}, error_code=self.code)


def trace_id() -> str:
    """Return an identifier of the shape the API gives to every call."""
    return "A" + secrets.token_urlsafe(16)


def status_error(code: int) -> dict[str, Any]:
    """Return the element of `errors` in a failed status."""
    entry = CATALOGUE[code]
    return {
        "code": code,
        "title": entry.title,
        "message": entry.title,
        "error_data": {"details": entry.details},
        "href": HELP_PAGE,
    }


def missing_node(object_id: str) -> GraphError:
    """Return the answer to an id that is unknown, or invisible to the token."""
    message = (
        f"Unsupported request. Object with ID '{object_id}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation."
    )
    return GraphError(100, message=message, subcode=NODE_MISSING_SUBCODE, kind="GraphMethodException")


def unknown_path(path: str) -> GraphError:
    """Return the answer to a path that the API does not have."""
    return GraphError(2500, message=f"Unknown path components: {path}")


def parameter_missing(where: str) -> GraphError:
    """Return the answer to an absent parameter of a message."""
    return GraphError(131008, f"The parameter {where} is required.")
