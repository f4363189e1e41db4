"""The tail is what makes code unpleasant: no file over 300 lines, no function over 50, no entrypoint over 8."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

from tests.architecture.source_tree import ROOT, SERVICES, files_of_tests, functions_of, name_of, production_files

FILE_LIMIT, TEST_FILE_LIMIT, FUNCTION_LIMIT, ENTRYPOINT_LIMIT, COMMAND_LIMIT = 300, 400, 50, 8, 150
ARGUMENT_LIMIT = 7


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_production_file_is_too_long() -> None:
    # A contract is the whole of what the world may know about a service, on one page: it may be long.
    long = {name_of(path): _lines(path) for path in production_files() if "contracts" not in path.parts}
    assert {name: lines for name, lines in long.items() if lines > FILE_LIMIT} == {}


def test_no_test_file_is_too_long() -> None:
    assert {name_of(path): _lines(path) for path in files_of_tests() if _lines(path) > TEST_FILE_LIMIT} == {}


def test_no_function_is_too_long_and_most_are_short() -> None:
    lengths = {
        f"{name_of(path)}:{node.name}": _length(node) for path in production_files() for node in functions_of(path)
    }
    assert {name: lines for name, lines in lengths.items() if lines > FUNCTION_LIMIT} == {}
    assert statistics.median(lengths.values()) <= 9


def test_no_function_takes_too_many_arguments() -> None:
    wide = {
        f"{name_of(path)}:{node.name}": len(node.args.posonlyargs + node.args.args)
        for path in production_files()
        for node in functions_of(path)
    }
    assert {name: count for name, count in wide.items() if count > ARGUMENT_LIMIT} == {}


def test_entrypoints_are_a_table_of_contents() -> None:
    long = {
        f"{service}:{node.name}": _length(node)
        for service in SERVICES
        for node in functions_of(ROOT / "services" / service / "service.py")
        if node.decorator_list and _length(node) > ENTRYPOINT_LIMIT
    }
    assert long == {}


def test_a_command_is_one_change_of_state() -> None:
    commands = [path for path in production_files() if "commands" in path.parts]
    assert {name_of(path): _lines(path) for path in commands if _lines(path) > COMMAND_LIMIT} == {}
