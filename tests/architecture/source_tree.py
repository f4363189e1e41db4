"""The source tree as the architecture tests see it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("auth", "tenants", "bookings", "messaging", "analytics")


def production_files() -> list[Path]:
    """Python files that run in production; migrations are history and are left out."""
    found = [*(ROOT / "services").rglob("*.py"), *(ROOT / "gateway").rglob("*.py")]
    return sorted(path for path in found if "versions" not in path.parts)


def files_of_tests() -> list[Path]:
    return sorted((ROOT / "tests").rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions_of(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))
