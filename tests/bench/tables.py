"""Figures as tables of text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tests.bench.figures import Figure

_LEAST_SHOWN = 0.015
"""The share of the whole from which a part is named: less is the noise of the kernel's clock."""


def figures_table(figures: Sequence[Figure]) -> str:
    """Rates and latencies, each beside its limit."""
    known = {figure.name: figure for figure in figures}
    head = ("what", "per s", "least to most", "of limit", "p50 ms", "p99 ms", "max ms", "errors", "load", "others")
    rows = [
        (
            figure.name,
            _rate(figure.rate),
            f"{_rate(figure.least)} to {_rate(figure.most)}",
            _ratio(figure, known),
            _milliseconds(figure.p50),
            _milliseconds(figure.p99),
            _milliseconds(figure.slowest),
            str(figure.errors),
            f"{figure.load:.1f}",
            f"{figure.others:.1f}",
        )
        for figure in figures
    ]
    return render(head, rows)


def costs_table(figures: Sequence[Figure]) -> str:
    """CPU microseconds for one unit of work, by part; parts that cost next to nothing are left out."""
    lines = []
    for figure in figures:
        parts = sorted(figure.costs.items(), key=lambda part: -part[1])
        total = sum(figure.costs.values())
        shown = [(part, cost) for part, cost in parts if cost >= _LEAST_SHOWN * total]
        if total:
            lines.append((figure.name, f"{total:,.0f}", " + ".join(f"{part} {cost:,.0f}" for part, cost in shown)))
    return render(("what", "CPU µs each", "of that"), lines)


def render(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown that can be read as text too: words to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    numeric = [bool(rows) and all(not row[index][:1].isalpha() for row in rows) for index in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(cells, widths, numeric, strict=True)
        ]
        return f"| {' | '.join(padded)} |".rstrip()

    rule = [("-" * (width - 1) + ":") if right else "-" * width for width, right in zip(widths, numeric, strict=True)]
    return "\n".join([line(head), line(rule), *map(line, rows)])


def _ratio(figure: Figure, known: dict[str, Figure]) -> str:
    limit = known.get(figure.limit or "")
    return f"{figure.rate / limit.rate:.0%}" if limit is not None and limit.rate else ""


def _rate(rate: float) -> str:
    return f"{rate:,.0f}"


def _milliseconds(seconds: float) -> str:
    return "" if math.isnan(seconds) else f"{seconds * 1000:,.1f}"
