"""Settings of `analytics`."""

from __future__ import annotations

from dataclasses import dataclass

from services.common.kit.settings import Secret, Settings, setting


@dataclass(frozen=True)
class AnalyticsSettings(Settings):
    """Read once, when the process starts."""

    database_url: Secret = setting("ANALYTICS_DATABASE_URL", "database of the service, as its own role")
    amqp_url: Secret = setting("AMQP_URL", "broker")
