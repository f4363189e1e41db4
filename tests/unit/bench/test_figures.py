from __future__ import annotations

import math

import pytest

from tests.bench.cpu import Spent
from tests.bench.figures import Figure, Run, costs_of, figure_of, run_of
from tests.bench.histogram import Histogram
from tests.bench.load import Outcome


def runs() -> list[Run]:
    return [
        Run(100, p50=0.001, p99=0.010, errors=0, costs={"gateway": 500, "broker": 10}, others=0.1),
        Run(300, p50=0.003, p99=0.030, errors=2, costs={"gateway": 700}, others=0.9),
        Run(200, p50=0.002, p99=0.020, errors=1, costs={"gateway": 600, "broker": 30}, others=0.2),
    ]


def test_a_figure_is_the_median_of_its_runs_and_the_sum_of_their_errors() -> None:
    figure = figure_of("webhooks", "requests", runs(), load=1.5, limit="raw")
    assert (figure.rate, figure.least, figure.most) == (200, 100, 300)
    assert (figure.p50, figure.p99, figure.errors) == (0.002, 0.020, 3)
    assert dict(figure.costs) == {"broker": 10, "gateway": 600}
    assert (figure.others, figure.load, figure.limit) == (0.2, 1.5, "raw")


def test_the_slowest_of_all_runs_counts() -> None:
    measured = [Run(1, slowest=0.1), Run(1, slowest=0.3), Run(1), Run(1, slowest=0.2)]
    assert figure_of("storm", "calls", measured, load=0.0).slowest == 0.3
    assert math.isnan(figure_of("inserts", "rows", [Run(1)], load=0.0).slowest)


def test_latencies_that_nobody_measured_stay_unknown_and_out_of_the_json() -> None:
    figure = figure_of("inserts", "rows", [Run(1.0)], load=0.0)
    assert math.isnan(figure.p50)
    assert {"p50", "p99"}.isdisjoint(figure.as_json())
    assert figure.as_json()["rate"] == 1.0


def test_costs_are_microseconds_for_each_unit_of_work() -> None:
    spent = Spent(seconds=2.0, parts={"gateway": 1.0, "broker": 0.5}, others=0.3)
    assert costs_of(spent, 1000) == {"gateway": 1000.0, "broker": 500.0}
    assert costs_of(spent, 0) == {}


def test_a_run_counts_good_answers_only() -> None:
    outcome = Outcome(began_at=0.0, seconds=2.0, answered=10, latency=Histogram([0.004] * 10))
    outcome.errors.update({"503": 2, "closed": 1})
    run = run_of(outcome, Spent(2.0, {"gateway": 0.001}, 0.4))
    assert (run.rate, run.errors, run.others) == (5.0, 3, 0.4)
    assert run.p99 == pytest.approx(0.004, rel=0.01)
    assert dict(run.costs) == {"gateway": 100.0}


def test_a_figure_names_its_own_limit() -> None:
    assert isinstance(figure_of("x", "y", runs(), 0.0), Figure)
    assert figure_of("x", "y", runs(), 0.0).limit is None
