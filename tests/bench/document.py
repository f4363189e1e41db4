"""The document that holds the figures: what stands between its two marks is replaced by those of a new run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.console import LocalError
from tests.bench import tables
from tests.bench.figures import Figure

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


def report(figures: Sequence[Figure], about: Mapping[str, str]) -> str:
    """The machine, the figures, the costs."""
    machine = ", ".join(f"{name} {words}" for name, words in about.items())
    return f"{machine}.\n\n{tables.figures_table(figures)}\n\n{tables.costs_table(figures)}"


def write_into(path: Path, words: str) -> None:
    """Put the words between the marks."""
    text = path.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise LocalError(f"{path} has no lines with {BEGIN} and {END}.")
    path.write_text(f"{before}{BEGIN}\n{words}\n{END}{after}", encoding="utf-8")
