"""The environment file is read by shells and by the runner alike."""

import stat
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local import envfile

NAMES = st.from_regex(r"[A-Z_][A-Z0-9_]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"))


@given(st.dictionaries(NAMES, VALUES))
def test_what_is_written_is_read(variables: dict[str, str]) -> None:
    assert envfile.parse(envfile.render(variables)) == variables


@pytest.mark.parametrize("value", ["plain", "two words", "it's", '{"key": "a\\nb"}', "$HOME `id` #x", "a\nb", ""])
def test_a_shell_reads_the_same(tmp_path: Path, value: str) -> None:
    file = tmp_path / "env"
    envfile.write(file, {"VALUE": value})
    script = f'set -a; . "{file}"; printf %s "$VALUE"'
    shown = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout == value


def test_simple_values_stand_without_quotes() -> None:
    assert envfile.render({"URL": "http://127.0.0.1:3000/a"}) == "URL=http://127.0.0.1:3000/a\n"


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("OLD=1\n")
    file.chmod(0o644)
    envfile.write(file, {"SECRET": "x"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_missing_file_has_no_variables(tmp_path: Path) -> None:
    assert envfile.read(tmp_path / "none") == {}
