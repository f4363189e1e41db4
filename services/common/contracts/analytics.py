"""What the world may know about `analytics`: figures, counted from events."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from marshmallow import validate

from services.common.contracts.base import Request, View

SERVICE = "analytics"


class OverviewTotals(View):
    """Totals over the days asked for; today, week (from Monday) and month are the tenant's own calendar.

    `total_messages` counts both directions, `total_conversations` those that were written in. `delivery_rate` is the
    share, from 0 to 1, of delivered and read messages among those that the provider took or refused. `sent_*` counts
    messages of the business by the time at which they were queued.
    """

    total_messages: int
    total_conversations: int
    delivery_rate: float
    sent_today: int
    sent_this_week: int
    sent_this_month: int


class MessagesByStatus(View):
    """Messages of the business, queued in the days asked for, by the furthest status they reached."""

    sent: int
    delivered: int
    read: int
    failed: int


class DailyActivity(View):
    """One day in the tenant's time zone: messages of the business and messages of its customers."""

    date: date
    sent: int
    received: int


class Overview(View):
    """How much was written, and how it arrived."""

    overview: OverviewTotals
    messages_by_status: MessagesByStatus
    daily_activity: list[DailyActivity]


class GetOverview(Request[Overview], service=SERVICE, method="get_overview"):
    """The last `days` days up to today in the tenant's time zone."""

    days: Annotated[int, validate.Range(min=1, max=366)] = 30
