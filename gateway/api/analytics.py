"""Figures."""

from __future__ import annotations

from gateway.access import role
from gateway.resource import Resource
from services.common.contracts.analytics import GetOverview
from services.common.contracts.auth import Role

analytics = Resource("analytics", "Figures, counted from events.")

analytics.route_to(GetOverview, "GET /analytics/overview", access=role(Role.MANAGER, "analytics"))
