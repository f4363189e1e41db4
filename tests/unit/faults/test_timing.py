"""Answer times, outages and recoveries out of a list of answers."""

from __future__ import annotations

import pytest

from tests.faults.ledger import NO_ANSWER, OK, Answer
from tests.faults.timing import answer_time, longest_outage, percentile, recovery


def _answers(*ended_and_status: tuple[float, int]) -> list[Answer]:
    return [Answer(ended - 0.1, ended, status) for ended, status in ended_and_status]


def test_percentile_of_few_and_many() -> None:
    assert percentile([], 0.99) == 0.0
    assert percentile([3.0], 0.99) == 3.0
    assert percentile([float(value) for value in range(1, 101)], 0.99) == 99.0


def test_answer_time_leaves_out_what_was_not_answered() -> None:
    assert answer_time([Answer(0.0, 0.5, OK), Answer(0.0, 10.0, NO_ANSWER)], 0.99) == 0.5


def test_the_longest_outage_is_between_two_good_answers() -> None:
    answers = _answers((1.0, OK), (2.0, 503), (5.5, OK), (6.0, OK))
    assert longest_outage(answers, 0.5, 6.5) == 4.5


def test_an_outage_may_last_to_the_end() -> None:
    assert longest_outage(_answers((1.0, OK), (2.0, 503)), 0.0, 9.0) == 8.0
    assert longest_outage([], 0.0, 3.0) == 3.0


def test_recovery_is_immediate_where_nothing_failed() -> None:
    assert recovery(_answers((9.0, 503), (10.2, OK), (10.9, OK)), 10.0) == 0.0


def test_recovery_waits_for_a_whole_second_without_failures() -> None:
    answers = _answers((10.3, OK), (10.8, 503), (11.5, 503), (11.7, OK), (12.6, OK), (20.0, OK))
    assert recovery(answers, 10.0) == pytest.approx(1.5)


def test_silence_is_no_recovery() -> None:
    assert recovery(_answers((10.5, NO_ANSWER)), 10.0) is None
    assert recovery([], 10.0) is None
