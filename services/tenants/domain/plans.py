"""What the plans allow, and when somebody comes near it. Months are calendar months in the tenant's time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.common.contracts.tenants import PlanCode, PlanLimit, PlanLimits, PlanTooSmall, UsageMetric

LIMITS = {
    PlanCode.BASIC: PlanLimits(channels=5, messages_per_month=10_000),
    PlanCode.PRO: PlanLimits(channels=20, messages_per_month=50_000),
    PlanCode.MAX: PlanLimits(channels=40, messages_per_month=100_000),
}
THRESHOLDS = (80, 100)
"""Percent of a limit that a tenant is warned at."""


class Month(NamedTuple):
    """A calendar month of a time zone; `end` belongs to the next one."""

    name: str
    start: datetime
    end: datetime


def month_of(instant: datetime, timezone: str) -> Month:
    """The month that an instant falls into."""
    zone = ZoneInfo(timezone)
    local = instant.astimezone(zone)
    start = datetime(local.year, local.month, 1, tzinfo=zone)
    end = datetime(local.year + local.month // 12, local.month % 12 + 1, 1, tzinfo=zone)
    return Month(f"{local:%Y-%m}", start.astimezone(UTC), end.astimezone(UTC))


def limit_of(plan: PlanCode, metric: UsageMetric) -> int:
    """How much a plan allows of something."""
    limits = LIMITS[plan]
    return limits.channels if metric is UsageMetric.CHANNELS else limits.messages_per_month


def check_channel_limit(plan: PlanCode, active: int) -> None:
    """Raise when the plan allows no further channel beside those that are active."""
    limit = LIMITS[plan].channels
    if active >= limit:
        raise PlanLimit(f"The plan {plan.value} allows {limit} channels.", {"plan": plan.value, "limit": str(limit)})


def check_fits(plan: PlanCode, channels: int, messages: int) -> None:
    """Raise naming all that is used beyond what the plan allows."""
    limits = LIMITS[plan]
    in_the_way = {}
    if channels > limits.channels:
        in_the_way["channels"] = f"{channels} are connected, {plan.value} allows {limits.channels}."
    if messages > limits.messages_per_month:
        words = f"{messages} were sent this month, {plan.value} allows {limits.messages_per_month}."
        in_the_way["messages"] = words
    if in_the_way:
        raise PlanTooSmall(f"{plan.value} is too small: {' '.join(in_the_way.values())}", in_the_way)


def percent(used: int, limit: int) -> int:
    """How much of a limit is used, rounded down."""
    return used * 100 // limit


def reached(used: int, limit: int) -> list[int]:
    """The thresholds that are reached, lowest first."""
    return [threshold for threshold in THRESHOLDS if used * 100 >= threshold * limit]
