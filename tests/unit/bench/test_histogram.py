from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.histogram import Histogram


def test_nothing_recorded_has_no_quantile() -> None:
    assert math.isnan(Histogram().quantile(0.5))


def test_one_value_is_every_quantile() -> None:
    one = Histogram([0.0123])
    assert [one.quantile(share) for share in (0.0, 0.5, 1.0)] == pytest.approx([0.0123] * 3, rel=0.01)


def test_quantiles_count_from_below() -> None:
    histogram = Histogram(number / 1000 for number in range(1, 101))
    assert len(histogram) == 100
    assert histogram.quantile(0.5) == pytest.approx(0.050, rel=0.01)
    assert histogram.quantile(0.99) == pytest.approx(0.099, rel=0.01)
    assert histogram.quantile(1.0) == pytest.approx(0.100, rel=0.01)


def test_one_slow_answer_in_a_hundred_shows_above_the_99th_hundredth_only() -> None:
    histogram = Histogram([0.001] * 99 + [5.0])
    assert histogram.quantile(0.99) == pytest.approx(0.001, rel=0.01)
    assert histogram.quantile(0.995) == pytest.approx(5.0, rel=0.01)


@pytest.mark.parametrize(("seconds", "shown"), [(0.0, 1e-6), (-1.0, 1e-6), (1e9, 160.0)])
def test_what_lies_outside_is_kept_at_the_edge(seconds: float, shown: float) -> None:
    assert Histogram([seconds]).quantile(0.5) == pytest.approx(shown, rel=0.02)


@given(st.lists(st.floats(min_value=1e-5, max_value=100.0), min_size=1, max_size=60), st.floats(0.01, 1.0))
def test_a_quantile_is_that_of_the_sorted_values_to_one_per_cent(seconds: list[float], share: float) -> None:
    exact = sorted(seconds)[max(1, math.ceil(share * len(seconds))) - 1]
    assert Histogram(seconds).quantile(share) == pytest.approx(exact, rel=0.01)
