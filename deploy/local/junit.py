"""Reads how many tests ran from pytest's JUnit files."""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET


@dataclass(frozen=True)
class Counts:
    """Results of tests; an error in a fixture is a failure."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def read_counts(path: Path) -> Counts:
    """Return the counts of one file; none if pytest did not get as far as writing it."""
    if not path.exists():
        return Counts()
    total = Counts()
    for suite in ET.parse(path).getroot().iter("testsuite"):  # noqa: S314 (pytest has just written it)
        ran, errors, failures, skipped = (
            int(suite.get(name, "0")) for name in ("tests", "errors", "failures", "skipped")
        )
        failed = errors + failures
        total += Counts(ran - failed - skipped, failed, skipped)
    return total
