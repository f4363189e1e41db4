"""What docs/security.md says is proven is proven where it says: the tests are there and name the requirement."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.architecture.source_tree import ROOT, files_of_tests, functions_of, tree_of

DOCUMENT = ROOT / "docs" / "security.md"
ROW = re.compile(r"^\| (S-\d\d) \| (.+?) \| (.*?) \| (.+?) \|$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)]+)\)")
ID = re.compile(r"\bS-\d\d\b")
REQUIRED = [f"S-{number:02}" for number in range(1, 29)]
NOTHING_TO_PROVE = "nothing to prove: "


class Requirement(NamedTuple):
    """One row of the table."""

    id: str
    words: str
    enforced: str
    proven: str

    @property
    def tests(self) -> list[Path]:
        """The files that prove it."""
        linked = [(DOCUMENT.parent / target).resolve() for target in LINK.findall(self.proven)]
        return [path for path in linked if path.name.startswith("test_")]


TABLE = [Requirement(*row) for row in ROW.findall(DOCUMENT.read_text(encoding="utf-8"))]


def docstrings_of(path: Path) -> Iterator[str]:
    """Of the module, and of its tests."""
    yield ast.get_docstring(tree_of(path)) or ""
    yield from (ast.get_docstring(node) or "" for node in functions_of(path) if node.name.startswith("test_"))


def named_in(path: Path) -> set[str]:
    return {found for text in docstrings_of(path) for found in ID.findall(text)}


def test_every_requirement_has_one_row() -> None:
    assert [row.id for row in TABLE] == REQUIRED
    assert all(row.words for row in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_it_is_enforced_and_proven_or_there_is_a_reason(row: Requirement) -> None:
    if row.proven.startswith(NOTHING_TO_PROVE):
        assert len(row.proven) > len(NOTHING_TO_PROVE) + 20
        assert row.tests == []
        return
    assert LINK.findall(row.enforced)
    assert row.tests
    for path in row.tests:
        assert path.is_file(), path
        assert any(node.name.startswith("test_") for node in functions_of(path)), path
        assert row.id in named_in(path), f"{path.name} does not name {row.id}"


def test_no_proof_is_left_out_of_the_table() -> None:
    told = {(row.id, path) for row in TABLE for path in row.tests}
    named = {(found, path) for path in files_of_tests() for found in named_in(path) if found in REQUIRED}
    assert {(found, str(path.relative_to(ROOT))) for found, path in named - told} == set()


def test_nothing_listens_for_what_is_not_proven() -> None:
    """With the first socket, its row has something to prove."""
    requirements = (ROOT / "requirements" / "gateway.in").read_text() + (
        ROOT / "requirements" / "service.in"
    ).read_text()
    assert re.findall(r"socketio|websocket|engineio", requirements, re.IGNORECASE) == []
