"""Files of `NAME=value` lines that a shell can source and this package can read back."""

import os
import shlex
from collections.abc import Mapping
from pathlib import Path


def render(variables: Mapping[str, str]) -> str:
    """Return the lines; a value is quoted only where a shell needs it."""
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in variables.items())


def parse(text: str) -> dict[str, str]:
    """Read what `render` wrote; a quoted value may span lines."""
    variables: dict[str, str] = {}
    for word in shlex.split(text, comments=True):
        name, separator, value = word.partition("=")
        if separator:
            variables[name] = value
    return variables


def write(path: Path, variables: Mapping[str, str]) -> None:
    """Replace the file in one step, readable by its owner only, because it holds secrets."""
    draft = path.with_name(f"{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(render(variables))
    draft.replace(path)


def read(path: Path) -> dict[str, str]:
    """Return the file's variables; none if there is no file."""
    return parse(path.read_text(encoding="utf-8")) if path.exists() else {}
