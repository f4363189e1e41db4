"""Figures as the world sees them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from services.analytics.domain import Calendar, Tally, delivery_rate, sent_since, total
from services.common.contracts.analytics import DailyActivity, MessagesByStatus, Overview, OverviewTotals


def overview(
    calendar: Calendar, window_start: date, daily: Sequence[tuple[date, Tally]], conversations: int
) -> Overview:
    """`daily` reaches back to the window's start or further."""
    window = [(on, tally) for on, tally in daily if on >= window_start]
    whole = total(tally for _, tally in window)
    return Overview(
        overview=OverviewTotals(
            total_messages=whole.received + whole.queued,
            total_conversations=conversations,
            delivery_rate=delivery_rate(whole),
            sent_today=sent_since(calendar.today, daily),
            sent_this_week=sent_since(calendar.week_start, daily),
            sent_this_month=sent_since(calendar.month_start, daily),
        ),
        messages_by_status=MessagesByStatus(
            sent=whole.sent, delivered=whole.delivered, read=whole.read, failed=whole.failed
        ),
        daily_activity=[DailyActivity(date=on, sent=tally.queued, received=tally.received) for on, tally in window],
    )
