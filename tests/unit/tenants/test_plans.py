"""What plans allow, and the months that they count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.contracts.tenants import PlanCode, PlanTooSmall
from services.tenants.domain import plans


@pytest.mark.parametrize(
    ("instant", "timezone", "name", "start", "end"),
    [
        ("2026-01-31T23:30:00Z", "UTC", "2026-01", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"),
        ("2026-01-31T23:30:00Z", "Europe/Berlin", "2026-02", "2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z"),
        ("2026-01-01T03:00:00Z", "America/New_York", "2025-12", "2025-12-01T05:00:00Z", "2026-01-01T05:00:00Z"),
        ("2026-03-15T00:00:00Z", "Europe/Berlin", "2026-03", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
    ],
)
def test_a_month_is_the_tenants_own(instant: str, timezone: str, name: str, start: str, end: str) -> None:
    month = plans.month_of(datetime.fromisoformat(instant), timezone)
    assert month == (name, datetime.fromisoformat(start), datetime.fromisoformat(end))


@given(
    st.integers(0, 15 * 366 * 86400),
    st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Europe/Berlin"]),
)
def test_every_instant_is_in_its_month_and_months_join(seconds: int, timezone: str) -> None:
    instant = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    month = plans.month_of(instant, timezone)
    assert month.start <= instant < month.end
    assert plans.month_of(month.end, timezone).start == month.end
    assert plans.month_of(month.start - timedelta(microseconds=1), timezone).end == month.start


def test_a_plan_that_is_too_small_names_all_that_is_in_the_way() -> None:
    plans.check_fits(PlanCode.BASIC, 5, 10_000)
    with pytest.raises(PlanTooSmall) as caught:
        plans.check_fits(PlanCode.BASIC, 6, 10_001)
    assert set(caught.value.details) == {"channels", "messages"}
    assert "6" in caught.value.details["channels"]


@pytest.mark.parametrize(
    ("used", "thresholds"), [(0, []), (7999, []), (8000, [80]), (9999, [80]), (10_000, [80, 100]), (12_000, [80, 100])]
)
def test_thresholds_are_reached_exactly(used: int, thresholds: list[int]) -> None:
    assert plans.reached(used, 10_000) == thresholds


def test_a_percentage_never_says_more_than_is_used() -> None:
    assert [plans.percent(used, 3) for used in (0, 1, 2, 3, 4)] == [0, 33, 66, 100, 133]
