"""What a measurement gives: single runs, and the figure that is made of them."""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.cpu import Meter, Spent
from tests.bench.histogram import Histogram
from tests.bench.load import Outcome

_MICRO = 1e6


@dataclass(frozen=True, slots=True)
class Plan:
    """How long each run of the load takes, and how often it is repeated."""

    seconds: float = 2.0
    runs: int = 3


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Latencies in seconds; `costs` are CPU microseconds for each unit of work, by part."""

    rate: float
    p50: float = math.nan
    p99: float = math.nan
    errors: int = 0
    costs: Mapping[str, float] = field(default_factory=dict)
    others: float = 0.0
    """Cores that processes outside of the measurement kept busy."""
    slowest: float = math.nan


@dataclass(frozen=True, slots=True)
class Figure:
    """The medians of some runs. `limit` names the figure that says what would be possible at most."""

    name: str
    unit: str
    rate: float
    least: float
    most: float
    p50: float
    p99: float
    errors: int
    costs: Mapping[str, float]
    others: float
    load: float
    """The load average before the first run."""
    limit: str | None = None
    slowest: float = math.nan
    """The longest that anything took in any run."""

    def as_json(self) -> dict[str, Any]:
        """Without what was not measured."""
        return {name: value for name, value in asdict(self).items() if value == value}  # noqa: PLR0124  NaN is not itself


def measure(name: str, unit: str, runs: int, once: Callable[[], Run], limit: str | None = None) -> Figure:
    """Repeat a run and take the medians."""
    load = os.getloadavg()[0]
    return figure_of(name, unit, [once() for _ in range(runs)], load, limit)


def figure_of(name: str, unit: str, runs: list[Run], load: float, limit: str | None = None) -> Figure:
    """The medians of runs; errors are added up."""
    rates = [run.rate for run in runs]
    parts = {part for run in runs for part in run.costs}
    return Figure(
        name=name,
        unit=unit,
        rate=statistics.median(rates),
        least=min(rates),
        most=max(rates),
        p50=_median(run.p50 for run in runs),
        p99=_median(run.p99 for run in runs),
        errors=sum(run.errors for run in runs),
        costs={part: statistics.median(run.costs.get(part, 0.0) for run in runs) for part in sorted(parts)},
        others=statistics.median(run.others for run in runs),
        load=load,
        limit=limit,
        slowest=max((run.slowest for run in runs if not math.isnan(run.slowest)), default=math.nan),
    )


def _median(values: Iterable[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return statistics.median(known) if known else math.nan


def run_of(outcome: Outcome, spent: Spent) -> Run:
    """One run of the load generator with its costs."""
    return Run(
        rate=outcome.rate,
        p50=outcome.latency.quantile(0.5),
        p99=outcome.latency.quantile(0.99),
        errors=outcome.errors.total(),
        costs=costs_of(spent, outcome.answered),
        others=spent.others,
        slowest=outcome.latency.quantile(1.0),
    )


def costs_of(spent: Spent, count: int) -> dict[str, float]:
    """Microseconds of CPU for each of so many."""
    return {part: seconds * _MICRO / count for part, seconds in spent.parts.items()} if count else {}


def under_load(meter: Meter, load: Callable[[], Outcome]) -> Run:
    """Run the load once and read the clocks before and after."""
    before = meter.read()
    outcome = load()
    return run_of(outcome, before.until(meter.read()))


def run_of_latencies(rate: float, latency: Histogram, errors: int = 0) -> Run:
    """A run of which only latencies are known."""
    return Run(rate, latency.quantile(0.5), latency.quantile(0.99), errors, slowest=latency.quantile(1.0))
