"""Settings: frozen dataclasses read from the environment, once, by the process that owns them."""

from __future__ import annotations

import dataclasses
import os
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self


class SettingsError(Exception):
    """Everything that is missing or wrong in the environment, at once."""


class Secret(str):
    """A string that does not print itself. `str(secret)` still is the value, for the library that needs it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('…')"


def setting(name: str, help_text: str, *, default: Any = dataclasses.MISSING) -> Any:
    """A field read from the environment variable `name`. Without a default it is required; a secret has none."""
    return field(default=default, metadata={"env": name, "help": help_text})


@dataclass(frozen=True)
class Settings:
    """Base of every settings class. Fields are made with `setting`; `load` is the only reader of the environment."""

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read all fields; raise `SettingsError` that names every missing or malformed variable."""
        source = os.environ if environ is None else environ
        values: dict[str, Any] = {}
        problems: list[str] = []
        hints = typing.get_type_hints(cls)
        for item in dataclasses.fields(cls):
            name = item.metadata["env"]
            if source.get(name, "") == "":
                if item.default is dataclasses.MISSING:
                    problems.append(f"{name} is not set ({item.metadata['help']})")
                continue
            try:
                values[item.name] = _parser(hints[item.name])(source[name])
            except ValueError as error:
                problems.append(f"{name} is malformed: {error}")
        if problems:
            raise SettingsError("; ".join(problems))
        return cls(**values)

    @classmethod
    def variables(cls) -> list[tuple[str, str, str | None]]:
        """`(name, help, default or None)` of every variable, for documents and checks."""
        return [(item.metadata["env"], item.metadata["help"], _shown(item.default)) for item in dataclasses.fields(cls)]


def _shown(default: Any) -> str | None:
    return None if default is dataclasses.MISSING else str(default)


def _parse_bool(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered not in {"1", "true", "yes", "on", "0", "false", "no", "off"}:
        msg = f"{text!r} is neither true nor false"
        raise ValueError(msg)
    return lowered in {"1", "true", "yes", "on"}


def _parse_list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


_PARSERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
    bool: _parse_bool,
    Secret: Secret,
    tuple[str, ...]: _parse_list,
}


def _parser(hint: Any) -> Callable[[str], Any]:
    if isinstance(hint, types.UnionType):
        hint = next(part for part in typing.get_args(hint) if part is not type(None))
    return _PARSERS[hint]
