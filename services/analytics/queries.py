"""Reads of `analytics`."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from services.analytics import views
from services.analytics.domain import Calendar
from services.analytics.repository import FiguresRepository
from services.common.contracts.analytics import GetOverview, Overview
from services.common.kit.uow import UnitOfWork


def get_overview(request: GetOverview, uow: UnitOfWork) -> Overview:
    """The last days up to today, in the tenant's zone; in UTC while its zone is not known here."""
    figures = FiguresRepository(uow)
    calendar = Calendar.at(uow.now, ZoneInfo(figures.find_zone() or "UTC"))
    window_start = calendar.window_start(request.days)
    # This week and this month may have begun before the days that were asked for.
    first = min(window_start, calendar.week_start, calendar.month_start)
    daily = figures.count_by_day(calendar.days_from(first))
    conversations = figures.count_conversations(calendar.start_of(window_start))
    return views.overview(calendar, window_start, daily, conversations)
