"""Settings of `messaging`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from services.common.kit.settings import Secret, Settings, setting


@dataclass(frozen=True)
class MessagingSettings(Settings):
    """Read once, when the process starts."""

    database_url: Secret = setting("MESSAGING_DATABASE_URL", "its database, as the role messaging_app")
    amqp_url: Secret = setting("AMQP_URL", "the broker")
    envelope_keys: Secret = setting(
        "ENVELOPE_KEYS", "keys that open credentials, kid:base64 of 32 bytes, comma-separated"
    )
    webhook_days: int = setting("WEBHOOK_DAYS", "how long raw webhooks are kept, in days", default=90)
    graph_api_url: str = setting("GRAPH_API_URL", "where messages are sent", default="https://graph.facebook.com")
    graph_api_version: str = setting("GRAPH_API_VERSION", "version of the Graph API", default="v26.0")
    graph_connect_seconds: float = setting("GRAPH_CONNECT_SECONDS", "time to reach the Graph API", default=3.05)
    graph_read_seconds: float = setting("GRAPH_READ_SECONDS", "time for the Graph API to answer", default=10.0)

    @property
    def webhook_retention(self) -> timedelta:
        """How long raw webhooks are kept."""
        return timedelta(days=self.webhook_days)

    @property
    def graph_timeouts(self) -> tuple[float, float]:
        """To connect, and to read."""
        return self.graph_connect_seconds, self.graph_read_seconds

    @property
    def send_lease(self) -> timedelta:
        """After so long without an outcome, whoever was sending a message is gone."""
        return timedelta(seconds=self.graph_connect_seconds + 2 * self.graph_read_seconds + 5)
