"""Every service folder uses the same words, and no others."""

from __future__ import annotations

import re

import pytest

from tests.architecture.source_tree import ROOT, SERVICES

FILES = {
    "__init__.py",
    "README.md",
    "service.py",
    "queries.py",
    "repository.py",
    "models.py",
    "views.py",
    "domain.py",
    "settings.py",
}
FOLDERS = {"commands", "adapters", "migrations", "queries", "repository", "models", "views", "domain"}
REQUIRED = {"README.md", "service", "models", "settings", "migrations"}
"""As a file or, where that grew too long, as a package."""
COMMAND = re.compile(r"^[a-z]+(?:_[a-z]+)+\.py$|^__init__\.py$")
FORBIDDEN_WORDS = re.compile(r"(?:^|_)(?:utils?|helpers?|managers?|misc|stuff)(?:_|\.|$)")


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_folder_has_known_names_only(service: str) -> None:
    names = {entry.name for entry in (ROOT / "services" / service).iterdir() if entry.name != "__pycache__"}
    assert names - FILES - FOLDERS == set()
    assert REQUIRED - {name.removesuffix(".py") for name in names} == set()


@pytest.mark.parametrize("service", SERVICES)
def test_a_word_is_a_file_or_a_package_but_not_both(service: str) -> None:
    folder = ROOT / "services" / service
    assert [word for word in FOLDERS if (folder / word).is_dir() and (folder / f"{word}.py").exists()] == []


@pytest.mark.parametrize("service", SERVICES)
def test_commands_are_named_verb_noun_and_have_one_run(service: str) -> None:
    folder = ROOT / "services" / service / "commands"
    if not folder.is_dir():
        return
    for path in folder.glob("*.py"):
        assert COMMAND.match(path.name), f"{path.name} is not <verb>_<noun>.py"
        if path.name != "__init__.py":
            assert re.search(r"^def run\(", path.read_text(), re.MULTILINE), f"{path.name} has no run()"


def test_no_file_is_named_for_nothing() -> None:
    names = [path for folder in ("services", "gateway", "deploy", "tests") for path in (ROOT / folder).rglob("*.py")]
    assert [str(path) for path in names if FORBIDDEN_WORDS.search(path.name)] == []
