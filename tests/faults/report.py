"""The table at the end: for the terminal, as JSON for programs, as markdown for the documents."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.faults.count import Finding, Wrong
from tests.faults.trial import Row

_MOST_LISTED = 12

Cell = Callable[[Row], str]


def _seconds(value: float | None) -> str:
    return "never" if value is None else f"{value:.1f}"


COLUMNS: dict[str, Cell] = {
    "experiment": lambda row: row.title,
    "sent": lambda row: str(row.count.sent),
    "accepted": lambda row: str(row.count.accepted),
    "stored": lambda row: str(row.count.stored),
    **{kind.value: (lambda row, kind=kind: str(row.count.of(kind))) for kind in Wrong},  # type: ignore[misc]
    "failed tries": lambda row: str(row.failures),
    "p99 ms": lambda row: f"{row.p99 * 1000:.0f}",
    "outage s": lambda row: _seconds(row.outage),
    "orders' outage s": lambda row: _seconds(row.order_outage),
    "recovery s": lambda row: _seconds(row.recovery),
    "stored after s": lambda row: _seconds(row.count.slowest),
    "orders": lambda row: str(row.count.taken),
    "sent once": lambda row: str(row.count.sent_once),
    "uncertain": lambda row: str(len(row.count.uncertain)),
    "dead": lambda row: str(row.dead),
    "quiet after s": lambda row: _seconds(row.quiet.seconds) if row.quiet.reached else "never",
}


@dataclass(frozen=True, slots=True)
class Report:
    """All rows of a run, what turned up that nobody sent, and under which load."""

    rows: Sequence[Row]
    strangers: Sequence[Finding]
    rate: float
    orders: float
    seconds: float

    @property
    def good(self) -> bool:
        return bool(self.rows) and all(row.good for row in self.rows) and not self.strangers

    def table(self) -> str:
        """For the terminal."""
        cells = [list(COLUMNS), *([cell(row) for cell in COLUMNS.values()] for row in self.rows)]
        widths = [max(len(line[column]) for line in cells) for column in range(len(COLUMNS))]
        return "\n".join(
            "  ".join(
                text.ljust(width) if column == 0 else text.rjust(width)
                for column, (text, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in cells
        )

    def markdown(self) -> str:
        """For the documents."""
        head = [" | ".join(COLUMNS), "|".join(["---"] + ["---:"] * (len(COLUMNS) - 1))]
        body = [" | ".join(cell(row) for cell in COLUMNS.values()) for row in self.rows]
        return "\n".join(f"| {line} |" if "---" not in line else f"|{line}|" for line in [*head, *body]) + "\n"

    def complaints(self) -> str:
        """Everything that is wrong, with ids to look for; empty if nothing is."""
        lines = [line for row in self.rows for line in complaints_of(row)]
        lines += [f"after all: {finding.kind} {finding.id} {finding.what}" for finding in self.strangers[:_MOST_LISTED]]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        return {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "good": self.good,
            "webhooksPerSecond": self.rate,
            "ordersPerSecond": self.orders,
            "seconds": round(self.seconds, 1),
            "rows": [asdict(row) | {"good": row.good} for row in self.rows],
            "strangers": [asdict(finding) for finding in self.strangers],
        }

    def write(self, folder: Path) -> None:
        """As `report.json` and `report.md`."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.json").write_text(json.dumps(self.as_json(), indent=1, default=str), encoding="utf-8")
        (folder / "report.md").write_text(self.markdown(), encoding="utf-8")


def complaints_of(row: Row) -> list[str]:
    """What is wrong in one row."""
    lines = [f"{row.name}: {problem}" for problem in row.problems]
    if not row.quiet.reached:
        lines.append(f"{row.name}: never became quiet: {row.quiet.rest}")
    findings = row.count.findings
    lines += [f"{row.name}: {finding.kind} {finding.id} {finding.what}" for finding in findings[:_MOST_LISTED]]
    if len(findings) > _MOST_LISTED:
        lines.append(f"{row.name}: … and {len(findings) - _MOST_LISTED} more")
    return lines


def notes_of(row: Row) -> list[str]:
    """What is allowed and worth a look."""
    return [f"{row.name}: {message_id} is UNCERTAIN and was never sent" for message_id in row.count.uncertain]


def summary(row: Row) -> str:
    """One line while the run goes on."""
    mistakes = ", ".join(f"{kind} {row.count.of(kind)}" for kind in Wrong)
    return (
        f"  {'good' if row.good else 'WRONG'}: {row.count.accepted} accepted, {row.count.stored} stored, {mistakes}; "
        f"outage {_seconds(row.outage)} s, recovered after {_seconds(row.recovery)} s, "
        f"{row.count.sent_once}/{row.count.taken} orders sent once, {len(row.count.uncertain)} uncertain"
    )
