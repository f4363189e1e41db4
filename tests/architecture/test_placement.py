"""SQL lives in repositories, the environment in settings, commits in the kit: unlinted rules do not hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source_tree import ROOT, name_of, production_files, tree_of

SQL_CALLS = {"select", "insert", "update", "delete", "text", "execute", "scalar", "scalars", "exec_driver_sql"}
SQL_METHODS = {"execute", "scalar", "scalars", "exec_driver_sql"}


def _calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))


def _is_sql(call: ast.Call, imported: set[str]) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in SQL_CALLS & imported
    return isinstance(call.func, ast.Attribute) and call.func.attr in SQL_METHODS


def _imported_from(path: Path, package: str) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == package
        for alias in node.names
    }


def _service_files() -> list[Path]:
    return [path for path in production_files() if "services" in path.parts and "common" not in path.parts]


def test_sql_stands_in_repositories_only() -> None:
    strays = [
        f"{name_of(path)}:{call.lineno}"
        for path in _service_files()
        if "repository" not in path.relative_to(ROOT).as_posix() and "migrations" not in path.parts
        for call in _calls(path)
        if _is_sql(call, _imported_from(path, "sqlalchemy")) and path.stem != "models" and "models" not in path.parts
    ]
    assert strays == []


def test_only_settings_read_the_environment() -> None:
    # Ruff bans os.environ as well; this holds for getenv by other roads and for the kit itself.
    allowed = {"services/common/kit/settings.py"}
    strays = [
        f"{name_of(path)}:{node.lineno}"
        for path in production_files()
        if name_of(path) not in allowed
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert strays == []


def test_only_the_kit_commits() -> None:
    strays = [
        f"{name_of(path)}:{call.lineno}"
        for path in _service_files()
        for call in _calls(path)
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"commit", "rollback"}
    ]
    assert strays == []


def test_every_module_says_its_role() -> None:
    silent = [
        name_of(path)
        for path in production_files()
        if path.read_text().strip() and not ast.get_docstring(tree_of(path))
    ]
    assert silent == []


def test_no_error_is_swallowed() -> None:
    swallowed = [
        f"{name_of(path)}:{node.lineno}"
        for path in production_files()
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.ExceptHandler)
        and _catches_everything(node)
        and all(isinstance(step, ast.Pass | ast.Continue) for step in node.body)
    ]
    assert swallowed == []


def _catches_everything(node: ast.ExceptHandler) -> bool:
    return node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
