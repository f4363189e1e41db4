"""What the caller sent: bodies within their limit, as JSON objects; query strings without repetition."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import orjson
from flask import request
from werkzeug.exceptions import BadRequest, ClientDisconnected, RequestEntityTooLarge, UnsupportedMediaType

from services.common.contracts.errors import Invalid

BODY_LIMIT = 1024 * 1024


def raw(limit: int) -> bytes:
    """The bytes as they came. A body over the limit is refused by its declared length, before any of it is read."""
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge
    # One byte more than allowed: a body without a declared length is cut off there, not refused.
    request.max_content_length = limit + 1
    body = request.get_data(cache=False)
    if len(body) > limit:
        raise RequestEntityTooLarge
    return body


def let_arrive() -> None:
    """Read what nobody has: a sender who is answered while still writing may find the connection closed instead."""
    if 0 < (request.content_length or 0) <= BODY_LIMIT:
        with suppress(ClientDisconnected):
            request.stream.read()


def refuse_encoding() -> None:
    """Compressed bodies are not unpacked: a few bytes could become gigabytes."""
    if request.headers.get("Content-Encoding", "identity").strip().lower() not in {"", "identity"}:
        raise UnsupportedMediaType("Send the body without Content-Encoding.")


def json_object() -> dict[str, Any]:
    """The JSON object of the body; an empty body counts as an empty object."""
    body = raw(BODY_LIMIT)
    if not body:
        return {}
    refuse_encoding()
    if not request.is_json or request.mimetype_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise UnsupportedMediaType("Send the body as application/json.")
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequest("The body is not valid JSON.") from error
    if not isinstance(parsed, dict):
        raise Invalid("The body must be a JSON object.", {"body": "Must be a JSON object."})
    return parsed


def query() -> dict[str, Any]:
    """The query parameters."""
    repeated = {name: "Given more than once." for name, values in request.args.lists() if len(values) > 1}
    if repeated:
        raise Invalid(f"Some values are refused: {', '.join(sorted(repeated))}.", repeated)
    return request.args.to_dict()
