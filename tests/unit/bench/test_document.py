from __future__ import annotations

from pathlib import Path

import pytest

from deploy.local.console import LocalError
from tests.bench.document import BEGIN, END, report, write_into
from tests.bench.figures import Run, figure_of


def test_only_what_stands_between_the_marks_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "figures.md"
    path.write_text(f"# Title\n\n{BEGIN}\nold\n{END}\n\nRest\n", encoding="utf-8")
    write_into(path, "new")
    write_into(path, "newer")
    assert path.read_text(encoding="utf-8") == f"# Title\n\n{BEGIN}\nnewer\n{END}\n\nRest\n"


@pytest.mark.parametrize("text", ["", BEGIN, END, f"{END} {BEGIN}"])
def test_a_document_without_both_marks_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "figures.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LocalError):
        write_into(path, "new")
    assert path.read_text(encoding="utf-8") == text


def test_a_report_has_the_machine_and_both_tables() -> None:
    words = report([figure_of("webhooks", "requests", [Run(10, costs={"gateway": 5})], 0.0)], {"Python": "3.11"})
    assert words.startswith("Python 3.11.\n\n| what")
    assert words.count("| webhooks |") == 2
