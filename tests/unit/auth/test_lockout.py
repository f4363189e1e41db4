"""How long sign-in is refused after failures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.auth.domain.lockout import LockoutPolicy, network_of, seconds_until

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
POLICY = LockoutPolicy()


def ago(*seconds: float) -> list[datetime]:
    return [NOW - timedelta(seconds=part) for part in seconds]


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 16), (10, 32), (11, 60), (5000, 60)]
)
def test_the_delay_doubles_up_to_a_minute(failures: int, seconds: int) -> None:
    assert POLICY.delay(failures) == timedelta(seconds=seconds)


def test_four_failures_lock_nobody_out() -> None:
    assert POLICY.locked_until(ago(0, 0, 0, 0), NOW) is None


def test_the_fifth_failure_locks_for_a_second_and_no_longer() -> None:
    failures = ago(0.5, 10, 20, 30, 40)
    assert POLICY.locked_until(failures, NOW) == NOW + timedelta(seconds=0.5)
    assert POLICY.locked_until(failures, NOW + timedelta(seconds=0.6)) is None


def test_a_failure_outside_the_window_does_not_count() -> None:
    assert POLICY.locked_until([*ago(0.1, 1, 2, 3), NOW - timedelta(minutes=15)], NOW) is None


@given(st.lists(st.floats(min_value=0, max_value=3600), max_size=200))
def test_nobody_is_locked_out_for_longer_than_a_minute(seconds: list[float]) -> None:
    until = POLICY.locked_until(ago(*seconds), NOW)
    assert until is None or until - NOW <= timedelta(seconds=60)


@given(st.integers(min_value=0, max_value=500))
def test_no_more_failures_need_to_be_known_than_are_remembered(failures: int) -> None:
    assert POLICY.delay(min(failures, POLICY.remembered)) == POLICY.delay(failures)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (None, None),
        ("", None),
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("behind-a-socket", "behind-a-socket"),
    ],
)
def test_an_ipv6_subscriber_is_one_network(address: str | None, network: str | None) -> None:
    assert network_of(address) == network


def test_the_wait_is_told_in_whole_seconds_and_never_as_nothing() -> None:
    assert seconds_until(NOW + timedelta(seconds=1.2), NOW) == 2
    assert seconds_until(NOW + timedelta(milliseconds=1), NOW) == 1
