"""Buckets, days and stages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics import domain
from services.analytics.domain import BUCKET, Calendar, Stage, Tally
from services.common.contracts.base import Envelope
from services.common.contracts.errors import Invalid
from services.common.contracts.messaging import MessageStatus

ZONES = sorted(name for name in available_timezones() if "/" in name)


def envelope(tenant_id: str | None) -> Envelope:
    return Envelope(
        id="1",
        type="message.received.v1",
        occurred_at="2026-01-01T00:00:00Z",
        tenant_id=tenant_id,
        source="messaging",
        correlation_id=None,
        causation_id=None,
        data={},
    )


@given(st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_an_instant_falls_into_its_bucket(instant: datetime) -> None:
    bucket = domain.bucket_of(instant)
    assert bucket <= instant < bucket + BUCKET
    assert domain.bucket_of(bucket) == bucket


@given(st.sampled_from(ZONES), st.dates(min_value=date(2024, 1, 1), max_value=date(2035, 12, 31)))
def test_days_are_made_of_whole_buckets_without_gaps(zone: str, first: date) -> None:
    days = Calendar(ZoneInfo(zone), first + timedelta(days=3)).days_from(first)
    assert [day.on for day in days] == [first + timedelta(days=number) for number in range(4)]
    for day, following in pairwise(days):
        assert day.end == following.start
    for day in days:
        assert domain.bucket_of(day.start) == day.start < day.end
        assert day.start.astimezone(ZoneInfo(zone)).date() == day.on
        assert (day.start - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() < day.on


@pytest.mark.parametrize(
    ("zone", "on", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("Asia/Kathmandu", date(2026, 3, 29), 24),
        ("Africa/Cairo", date(2026, 4, 24), 23),  # midnight itself is skipped
    ],
)
def test_a_day_is_as_long_as_its_zone_makes_it(zone: str, on: date, hours: int) -> None:
    (day,) = Calendar(ZoneInfo(zone), on).days_from(on)
    assert day.end - day.start == timedelta(hours=hours)


def test_a_calendar_begins_weeks_on_monday_and_months_on_the_first() -> None:
    calendar = Calendar.at(datetime(2026, 3, 31, 22, 30, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    assert calendar.today == date(2026, 4, 1)
    assert (calendar.week_start, calendar.month_start) == (date(2026, 3, 30), date(2026, 4, 1))
    assert calendar.window_start(30) == date(2026, 3, 3)
    assert calendar.window_start(1) == calendar.today


def test_stages_follow_the_way_of_a_message() -> None:
    order = [MessageStatus.SENT, MessageStatus.FAILED, MessageStatus.DELIVERED, MessageStatus.READ]
    stages = [domain.stage_of(status) for status in order]
    assert stages == sorted(stages)
    assert Stage.NONE not in stages


@pytest.mark.parametrize("status", ["QUEUED", "SENDING", "UNCERTAIN", "RECEIVED", "OF_THE_FUTURE"])
def test_other_statuses_are_no_stage(status: str) -> None:
    assert domain.stage_of(status) is Stage.NONE


def test_tallies_add_up() -> None:
    assert domain.total([Tally(1, 2, 3, 4, 5, 6), Tally(10, 20, 30, 40, 50, 60)]) == Tally(11, 22, 33, 44, 55, 66)
    assert domain.total([]) == Tally()


@pytest.mark.parametrize(
    ("tally", "rate"),
    [
        (Tally(), 0.0),
        (Tally(queued=5), 0.0),
        (Tally(queued=4, sent=1, delivered=1, read=1, failed=1), 0.5),
        (Tally(queued=3, delivered=1, read=2), 1.0),
        (Tally(queued=3, sent=2, read=1), 0.3333),
    ],
)
def test_the_delivery_rate_is_the_share_that_arrived(tally: Tally, rate: float) -> None:
    assert domain.delivery_rate(tally) == rate


def test_the_greatest_of_each_key_stays() -> None:
    assert domain.greatest([("a", 2), ("b", 1), ("a", 1), ("b", 3)]) == {"a": 2, "b": 3}


def test_an_event_of_nobody_is_not_counted() -> None:
    assert domain.tenant_of(envelope("t")) == "t"
    with pytest.raises(Invalid):
        domain.tenant_of(envelope(None))
