"""Two fault experiments with a small load: whatever dies in the middle of its work, nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from deploy.local.environment import MARKER
from tests.faults.experiments import Experiment, killings
from tests.faults.report import complaints_of
from tests.faults.trial import Pace, Trials
from tests.faults.world import World

_PACE = Pace(webhooks=50.0, orders=2.0, before=1.0, after=2.0)

# The consumer of webhooks, which also sends; and the other process of the service, whose relay publishes what
# the orders leave in the outbox.
_KILLED = ("messaging-events", "messaging")


@pytest.fixture(scope="module")
def trials(settings: Mapping[str, str]) -> Iterator[Trials]:
    if MARKER not in settings or "POSTGRES_ADMIN_URL" not in settings:
        pytest.skip("neither its processes nor its databases are ours to look into")
    running = Trials(World.of(settings), _PACE)
    yield running
    running.close()


@pytest.mark.parametrize(
    "experiment", [each for each in killings() if each.name in _KILLED], ids=lambda each: each.name
)
def test_nothing_is_lost_doubled_or_misfiled_when_a_process_dies(trials: Trials, experiment: Experiment) -> None:
    row = trials.run(experiment)
    assert complaints_of(row) == []
    assert row.count.accepted >= 100
    assert row.good


def test_nothing_turns_up_that_nobody_sent(trials: Trials) -> None:
    assert trials.strangers() == []
