"""Version, API document and Swagger UI, from our own files: no script of somebody else's server, none in the page."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from flask import Response, current_app
from werkzeug.exceptions import NotFound

from gateway import API_VERSION, VERSION, answers, files
from gateway.access import PUBLIC
from gateway.openapi.responses import FILE, JSON, PAGE, enveloped_answer, other_answer, plain
from gateway.openapi.spec import document_of
from gateway.parts import parts
from gateway.resource import Resource

about = Resource("about", "Version and documents.")

_OWN_FILES = ("start.js",)
_UI_FILES = (
    "swagger-ui.css",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "favicon-16x16.png",
    "favicon-32x32.png",
)
_DAY = 86_400


_VERSION = {"version": VERSION, "commit": "4f2a1c9", "apiVersion": API_VERSION}


@about.route("/version")
@PUBLIC
@about.doc(
    **plain(
        "version",
        "Version, commit and version of the API",
        PUBLIC,
        {"200": enveloped_answer("What runs.", {"type": "object"}, _VERSION)},
    )
)
def version() -> Response:
    return answers.success({**_VERSION, "commit": parts().settings.commit})


@about.route("/openapi.json")
@PUBLIC
@about.doc(**plain("openapi", "This document", PUBLIC, {"200": other_answer("OpenAPI 3.1.", JSON, {"type": "object"})}))
def document() -> Response:
    return answers.rendered(document_of(current_app))


@about.route("/docs")
@PUBLIC
@about.doc(**plain("docs", "This document, to read and to try out", PUBLIC, PAGE))
def page() -> Response:
    return files.page(files.ASSETS / "docs.html")


@about.route("/docs/<file>")
@PUBLIC
@about.doc(**plain("docsFile", "A file of the documentation page", PUBLIC, FILE))
def asset(file: str) -> Response:
    """Only names on the lists: no path of the caller's reaches the disk."""
    if file in _OWN_FILES:
        return files.file(files.ASSETS / file, max_age=0)
    if file in _UI_FILES:
        return files.file(_ui_folder() / file, max_age=_DAY)
    raise NotFound("There is no such file.")


def _ui_folder() -> Path:
    """The static files of the locked package; found without importing it, which would load its web frameworks."""
    spec = find_spec("swagger_ui")
    if spec is None or not spec.submodule_search_locations:
        raise NotFound("The documentation page is not part of this installation.")
    return Path(spec.submodule_search_locations[0]) / "static"
