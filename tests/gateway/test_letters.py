"""The pages behind the links in our letters ask for just what the call behind them needs."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.auth.domain.letters import PURPOSE, link_of

HERE = "https://desk.example"
PAGES = [link_of(kind, HERE, "t").removeprefix(HERE).partition("#")[0] for kind in PURPOSE]
"""Where letters send people."""


class Page(HTMLParser):
    """What a page says and refers to."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.calls = ""
        self.inputs: list[str] = []
        self.required: list[str] = []
        self.labelled: list[str] = []
        self.files: list[str] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.calls += found.get("data-calls", "")
        self.inputs += [found["name"]] if tag == "input" else []
        self.required += [found["name"]] if "required" in found else []
        self.labelled += [found["for"]] if tag == "label" else []
        self.files += [found[name] for name in ("src", "href") if name in found]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_for_what_its_call_needs(client: FlaskClient, path: str) -> None:
    page = Page(client.get(path).text)
    operation = client.get("/api/openapi.json").get_json()["paths"][page.calls]["post"]
    body = operation["requestBody"]["content"]["application/json"]
    assert {"token", *page.inputs} == set(body["example"])
    assert {"token", *page.required} >= set(_resolved(client, body["schema"])["required"])
    assert page.labelled == page.inputs


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing_of_its_own(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.content_type == "text/html; charset=utf-8"
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=", answer.text)
    files = Page(answer.text).files
    assert [client.get(file).status_code for file in files] == [200] * len(files)
    assert all(file.startswith("/letters/") for file in files)


@pytest.mark.parametrize("name", ["nope.js", "verify-email.html", "..", "%2e%2e%2fdocs.html"])
def test_other_files_are_not_there(client: FlaskClient, name: str) -> None:
    assert client.get(f"/letters/{name}").status_code == 404


def _resolved(client: FlaskClient, schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    schemas: dict[str, dict[str, Any]] = client.get("/api/openapi.json").get_json()["components"]["schemas"]
    return schemas[schema["$ref"].rpartition("/")[2]]
