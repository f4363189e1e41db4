"""Static files of our own and of locked packages, sent with what a browser needs to keep and trust them."""

from __future__ import annotations

import mimetypes
from functools import cache
from pathlib import Path

from flask import Response, request

ASSETS = Path(__file__).parent / "assets"

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Of our pages: scripts and styles from here alone and none inside the page, requests to us alone, no frame around."""


def page(path: Path) -> Response:
    """A page that people look at."""
    response = file(path, max_age=0)
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    return response


def file(path: Path, max_age: int) -> Response:
    """A file with its ETag; 304 for a browser that has it. `max_age` in seconds."""
    response = Response(_content(path), mimetype=mimetypes.guess_type(path.name)[0])
    response.headers["Cache-Control"] = f"public, max-age={max_age}"
    response.add_etag()
    response.make_conditional(request)
    return response


@cache
def _content(path: Path) -> bytes:
    """Of a handful of files that do not change while we run."""
    return path.read_bytes()
