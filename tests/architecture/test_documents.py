"""Documents are kept true: links resolve, cards say what they must, nothing of this machine leaks into them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.architecture.source_tree import ROOT, SERVICES

LINK = re.compile(r"\[[^\]]+\]\((?!https?://|#|mailto:)([^)#]+)(?:#[^)]*)?\)")
CARD_WORDS = ("owns", "rpc", "publishes", "consumes", "tables", "settings", "down")
SKIPPED = {".venv", ".local", ".git", "node_modules"}


def _documents() -> list[Path]:
    return [path for path in ROOT.rglob("*.md") if not SKIPPED & set(path.relative_to(ROOT).parts)]


@pytest.mark.parametrize("path", _documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_resolve(path: Path) -> None:
    broken = [target for target in LINK.findall(path.read_text()) if not (path.parent / target).exists()]
    assert broken == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_card_says_what_it_must(service: str) -> None:
    card = (ROOT / "services" / service / "README.md").read_text().lower()
    assert [word for word in CARD_WORDS if word not in card] == []
    assert len(card.splitlines()) <= 120


def test_decision_records_are_numbered_without_gaps_and_fit_a_page() -> None:
    records = sorted(path.name for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [name[:4] for name in records] == [f"{number:04}" for number in range(1, len(records) + 1)]
    long = {name: (ROOT / "docs" / "adr" / name).read_text().count("\n") for name in records}
    assert {name: lines for name, lines in long.items() if lines > 60} == {}
