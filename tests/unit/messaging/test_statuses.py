"""Statuses come early, late, twice and backwards; the message ends where it belongs."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.common.contracts.messaging import MessageStatus
from services.messaging.domain.statuses import PROVIDER_STATUSES, Progress, Step, furthest, history, settle

START = Progress(MessageStatus.SENDING, None, None, None, None, None, None)


def at(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def step(status: str, second: int) -> Step:
    error = {"code": str(second)} if status == "failed" else None
    return Step(status, at(second), f"{status}{second}", error, {"category": "service", "n": second})


STEPS = st.lists(st.builds(step, st.sampled_from(sorted(PROVIDER_STATUSES)), st.integers(1, 50)), max_size=8)


@given(STEPS, st.randoms())
def test_the_order_does_not_matter(steps: list[Step], dice: st.DrawFn) -> None:
    shuffled = list(steps)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis's own random generator
    assert settle(START, shuffled) == settle(START, steps)


@given(STEPS, STEPS)
def test_told_in_two_parts_is_told_at_once(first: list[Step], second: list[Step]) -> None:
    assert settle(settle(START, first), first + second).status is settle(START, first + second).status


@given(STEPS, STEPS)
def test_a_status_never_goes_back(first: list[Step], second: list[Step]) -> None:
    before = settle(START, first)
    after = settle(before, first + second)
    assert furthest(before.status, after.status) is after.status


def test_what_was_delivered_somewhere_has_not_failed() -> None:
    after = settle(START, [step("delivered", 20), step("failed", 21)])
    assert (after.status, after.error, after.failed_at) == (MessageStatus.DELIVERED, {"code": "21"}, at(21))


def test_a_failure_outweighs_a_late_sent() -> None:
    assert settle(START, [step("failed", 5), step("sent", 9)]).status is MessageStatus.FAILED


def test_played_is_read() -> None:
    after = settle(START, [step("played", 9), step("read", 12)])
    assert (after.status, after.read_at) == (MessageStatus.READ, at(9))


def test_the_price_class_is_taken_from_the_first_that_names_one() -> None:
    assert settle(START, [step("delivered", 20), step("sent", 9)]).pricing == {"category": "service", "n": 9}


def test_the_history_has_each_status_once_in_the_order_of_time_and_rank() -> None:
    known = [
        (MessageStatus.READ, at(9)),
        (MessageStatus.SENT, at(9)),
        (MessageStatus.SENT, at(12)),
        (MessageStatus.QUEUED, at(8)),
        (MessageStatus.DELIVERED, None),
    ]
    assert [status for status, _ in history(known)] == ["QUEUED", "SENT", "READ"]
