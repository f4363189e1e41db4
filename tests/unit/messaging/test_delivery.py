"""What an answer of the Graph API means."""

from __future__ import annotations

import pytest

from services.common.contracts.messaging import MessageStatus
from services.messaging.domain.delivery import (
    MAX_ATTEMPTS,
    PERMANENT,
    RETRYABLE,
    Answer,
    Verdict,
    delay_seconds,
    error_of_status,
    status_after,
    verdict_of,
)


@pytest.mark.parametrize(
    ("http_status", "code", "verdict"),
    [
        (400, 131056, Verdict.RETRY),  # pair rate
        (400, 130429, Verdict.RETRY),  # throughput
        (400, 80007, Verdict.RETRY),
        (503, 2, Verdict.RETRY),
        (500, 131000, Verdict.RETRY),
        (500, 131057, Verdict.RETRY),  # maintenance
        (500, 999999, Verdict.RETRY),  # unknown, on the provider's side
        (429, 999999, Verdict.RETRY),
        (401, 190, Verdict.REFUSED),  # token expired
        (403, 200, Verdict.REFUSED),
        (429, 190, Verdict.REFUSED),  # waiting does not help
        (429, 200, Verdict.REFUSED),
        (500, 3, Verdict.REFUSED),  # a permission, whatever the status says
        (400, 100, Verdict.REFUSED),
        (400, 131047, Verdict.REFUSED),  # the window is closed
        (404, 132001, Verdict.REFUSED),
        (400, 131050, Verdict.REFUSED),  # opted out
        (400, 999999, Verdict.REFUSED),
    ],
)
def test_the_code_decides_and_the_status_fills_gaps(http_status: int, code: int, verdict: Verdict) -> None:
    assert verdict_of(http_status, code) is verdict


def test_a_fault_that_calls_itself_transient_is_tried_again() -> None:
    assert verdict_of(400, 999999, is_transient=True) is Verdict.RETRY


def test_no_code_is_in_both_tables() -> None:
    assert RETRYABLE.isdisjoint(PERMANENT)


def test_delays_grow_and_respect_what_the_provider_needs() -> None:
    busy = Answer(Verdict.RETRY, code="131016")
    assert delay_seconds(1, busy) < delay_seconds(2, busy) < delay_seconds(3, busy)
    assert delay_seconds(1, Answer(Verdict.RETRY, code="131057")) >= 60
    assert delay_seconds(1, Answer(Verdict.RETRY, code="4", retry_after=120)) == 120
    assert delay_seconds(1, Answer(Verdict.RETRY, code="unreachable")) > 0


@pytest.mark.parametrize(
    ("present", "attempts", "verdict", "after"),
    [
        (MessageStatus.SENDING, 1, Verdict.ACCEPTED, MessageStatus.SENT),
        (MessageStatus.SENDING, 1, Verdict.RETRY, MessageStatus.QUEUED),
        (MessageStatus.SENDING, MAX_ATTEMPTS, Verdict.RETRY, MessageStatus.FAILED),
        (MessageStatus.SENDING, 1, Verdict.REFUSED, MessageStatus.FAILED),
        (MessageStatus.SENDING, 1, Verdict.UNCERTAIN, MessageStatus.UNCERTAIN),
        (MessageStatus.UNCERTAIN, 1, Verdict.ACCEPTED, MessageStatus.SENT),
        (MessageStatus.READ, 1, Verdict.ACCEPTED, MessageStatus.READ),
        (MessageStatus.SENT, 1, Verdict.UNCERTAIN, MessageStatus.SENT),
        (MessageStatus.DELIVERED, 1, Verdict.RETRY, MessageStatus.DELIVERED),
    ],
)
def test_an_attempt_moves_a_message(
    present: MessageStatus, attempts: int, verdict: Verdict, after: MessageStatus
) -> None:
    assert status_after(present, attempts, Answer(verdict)) is after


def test_an_error_of_a_status_keeps_code_and_details() -> None:
    raw = {"code": 131047, "title": "Re-engagement", "error_data": {"details": "More than 24 hours have passed."}}
    assert error_of_status(raw) == {"code": "131047", "message": "More than 24 hours have passed.", "retryable": False}
    assert error_of_status({"error_data": 3}) == {"code": "", "message": "", "retryable": False}
    assert error_of_status(None) is None
