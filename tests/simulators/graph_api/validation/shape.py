"""A small language for the shapes of request bodies: each shape checks a value or raises the API's error."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.simulators.graph_api.errors import GraphError, parameter_missing

GENERAL = 100
INTERACTIVE = 131009


class Shape(Protocol):
    """Anything that can check a value found at a place."""

    def check(self, value: Any, where: str) -> None:
        """Raise the API's error unless the value has this shape."""


def wrong(where: str, expectation: str, code: int = GENERAL) -> GraphError:
    """Return the error for a value that is not what the API expects at a place."""
    details = f"Param {where} {expectation}"
    return GraphError(code, details, message=f"(#{code}) {details}" if code == GENERAL else None)


@dataclass(frozen=True, slots=True)
class Text:
    """A string within limits."""

    longest: int | None = None
    shortest: int = 1
    code: int = GENERAL
    pattern: re.Pattern[str] | None = None

    def check(self, value: object, where: str) -> None:
        """See Shape.check."""
        if not isinstance(value, str):
            raise wrong(where, "must be a string.")
        if len(value) < self.shortest:
            raise wrong(where, f"must be at least {self.shortest} characters long.", self.code)
        if self.longest is not None and len(value) > self.longest:
            raise wrong(where, f"must be at most {self.longest} characters long.", self.code)
        if self.pattern is not None and not self.pattern.fullmatch(value):
            raise wrong(where, "has an invalid format.", self.code)


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def check(self, value: object, where: str) -> None:
        """See Shape.check."""
        if not isinstance(value, bool):
            raise wrong(where, "must be a boolean.")


@dataclass(frozen=True, slots=True)
class Number:
    """A number, or a string that holds one, within limits."""

    lowest: float
    highest: float

    def check(self, value: Any, where: str) -> None:
        """See Shape.check."""
        try:
            number = None if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = None
        if number is None:
            raise wrong(where, "must be a number.")
        if not self.lowest <= number <= self.highest:
            raise wrong(where, f"must be between {self.lowest} and {self.highest}.")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some strings; `folded` compares without regard to case."""

    values: tuple[str, ...]
    code: int = GENERAL
    folded: bool = False

    def check(self, value: object, where: str) -> None:
        """See Shape.check."""
        found = value.lower() if self.folded and isinstance(value, str) else value
        if found not in self.values:
            raise wrong(where, f"must be one of {{{', '.join(self.values)}}}.", self.code)


@dataclass(frozen=True, slots=True)
class Anything:
    """A value that is not looked at."""

    def check(self, value: object, where: str) -> None:
        """See Shape.check."""


@dataclass(frozen=True, slots=True)
class Items:
    """An array within limits, each element of one shape."""

    each: Shape
    fewest: int = 1
    most: int | None = None
    code: int = GENERAL

    def check(self, value: object, where: str) -> None:
        """See Shape.check."""
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise wrong(where, "must be an array.")
        if len(value) < self.fewest or (self.most is not None and len(value) > self.most):
            limit = f"{self.fewest} to {self.most}" if self.most is not None else f"at least {self.fewest}"
            raise wrong(where, f"must have {limit} elements.", self.code)
        for index, element in enumerate(value):
            self.each.check(element, f"{where}[{index}]")


@dataclass(frozen=True, slots=True)
class Members:
    """An object with some required and some optional members; no other unless `open`."""

    required: Mapping[str, Shape] = field(default_factory=dict)
    optional: Mapping[str, Shape] = field(default_factory=dict)
    open: bool = False

    def check(self, value: object, where: str) -> None:
        """See Shape.check."""
        if not isinstance(value, Mapping):
            raise wrong(where, "must be a JSON object.")
        for name, shape in self.required.items():
            if value.get(name) is None:
                raise parameter_missing(f"{where}['{name}']")
            shape.check(value[name], f"{where}['{name}']")
        for name in value:
            if name in self.optional:
                self.optional[name].check(value[name], f"{where}['{name}']")
            elif name not in self.required and not self.open:
                raise GraphError(
                    GENERAL,
                    f'Unexpected key "{name}" on param "{where}".',
                    message=f'(#{GENERAL}) Unexpected key "{name}" on param "{where}".',
                )
