"""How long it took: answer times, outages and recoveries, out of a list of answers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from tests.faults.ledger import NO_ANSWER, Answer

CALM_SECONDS = 1.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all do not exceed; 0 of nothing."""
    if not values:
        return 0.0
    ranked = sorted(values)
    return ranked[max(math.ceil(share * len(ranked)) - 1, 0)]


def answer_time(answers: Iterable[Answer], share: float) -> float:
    """A percentile of the seconds that answers took, whatever they said."""
    return percentile([answer.seconds for answer in answers if answer.status != NO_ANSWER], share)


def longest_outage(answers: Iterable[Answer], began: float, ended: float) -> float:
    """The longest time in which nothing got through."""
    good = sorted(answer.ended for answer in answers if answer.is_good and began <= answer.ended <= ended)
    marks = [began, *good, ended]
    return max(later - earlier for earlier, later in itertools.pairwise(marks))


def recovery(answers: Iterable[Answer], fault_end: float) -> float | None:
    """Seconds from the end of the fault to the first second in which everything got through; None if there was none."""
    later = [answer for answer in answers if answer.ended >= fault_end]
    good = sorted(answer.ended for answer in later if answer.is_good)
    bad = sorted(answer.ended for answer in later if not answer.is_good)
    for start in [fault_end, *bad]:
        calm = start + CALM_SECONDS
        if not any(start < moment <= calm for moment in bad) and any(start <= moment <= calm for moment in good):
            return start - fault_end
    return None
