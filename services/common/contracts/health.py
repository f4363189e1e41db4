"""What every service can be asked, whatever it does: how it is."""

from __future__ import annotations

from functools import cache

from services.common.contracts.base import Request, View


class ServiceHealth(View):
    """The state of what a service needs to work: `up` or `down`."""

    database: str


class HealthRequest(Request[ServiceHealth]):
    """Whether the service answers, and its database with it."""


@cache
def health_request(service: str) -> HealthRequest:
    """The question to one service."""

    class Health(HealthRequest):
        SERVICE = service
        METHOD = "health"
        RETURNS = ServiceHealth

    return Health()
