"""Successful answers: the envelope, rendered once and compressed where that pays."""

from __future__ import annotations

import gzip
from typing import Any

import orjson
from flask import Response, request

from services.common.contracts.errors import Invalid

_WORTH_COMPRESSING = 4096
_LEVEL = 4


def success(data: Any, status: int = 200, location: str | None = None) -> Response:
    """`{"success": true, "data": …}`. A view with a version carries it as its ETag."""
    response = as_json({"success": True, "data": data}, status)
    if location is not None:
        response.headers["Location"] = location
    if isinstance(data, dict) and isinstance(data.get("version"), int):
        response.headers["ETag"] = f'"{data["version"]}"'
    return response


def as_json(wire: Any, status: int = 200) -> Response:
    """A JSON answer without the envelope, for formats that others have defined."""
    return rendered(orjson.dumps(wire), status)


def rendered(body: bytes, status: int = 200) -> Response:
    """A JSON answer that is text already."""
    response = Response(content_type="application/json", status=status)
    if len(body) >= _WORTH_COMPRESSING:
        response.headers["Vary"] = "Accept-Encoding"
        if request.accept_encodings.quality("gzip") > 0:
            response.headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, _LEVEL, mtime=0)
    response.set_data(body)
    return response


def select(page: dict[str, Any], plural: str, wanted: list[str], known: frozenset[str]) -> dict[str, Any]:
    """The page with only the wanted top-level fields of its items. Raises `Invalid` for a field that there is not."""
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise Invalid("Some values are refused: fields.", {"fields": f"Unknown: {', '.join(unknown)}."})
    return {**page, plural: [{name: item[name] for name in wanted if name in item} for item in page[plural]]}
