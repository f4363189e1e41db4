"""Settings of `tenants`."""

from __future__ import annotations

from dataclasses import dataclass

from services.common.kit.settings import Secret, Settings, setting


@dataclass(frozen=True)
class TenantsSettings(Settings):
    """Read once, when the process starts."""

    database_url: Secret = setting("TENANTS_DATABASE_URL", "database of the service, as its own role")
    amqp_url: Secret = setting("AMQP_URL", "broker")
    envelope_keys: Secret = setting(
        "ENVELOPE_KEYS", "keys that seal credentials, kid:base64 of 32 bytes, comma-separated, the first seals"
    )
    default_timezone: str = setting("TENANTS_DEFAULT_TIMEZONE", "time zone of a tenant that names none", default="UTC")
    default_locale: str = setting("TENANTS_DEFAULT_LOCALE", "language of a tenant that names none", default="en")
    default_currency: str = setting("TENANTS_DEFAULT_CURRENCY", "currency of a new tenant", default="EUR")
    graph_api_url: str = setting(
        "GRAPH_API_URL", "where WhatsApp's credentials are checked", default="https://graph.facebook.com"
    )
    graph_api_version: str = setting("GRAPH_API_VERSION", "version of the Graph API", default="v26.0")
    telegram_api_url: str = setting(
        "TELEGRAM_API_URL", "where bots' credentials are checked", default="https://api.telegram.org"
    )
    telegram_webhook_key: Secret = setting(
        "TELEGRAM_WEBHOOK_KEY",
        "makes the secrets of bots' webhooks; the gateway has it too; without it no bot is connected",
        default=Secret(),
    )
    public_url: str = setting("PUBLIC_URL", "where providers reach the gateway, https://…", default="")
    provider_connect_seconds: float = setting(
        "TENANTS_PROVIDER_CONNECT_SECONDS", "patience with a provider's connection", default=2.0
    )
    provider_read_seconds: float = setting(
        "TENANTS_PROVIDER_READ_SECONDS", "patience with a provider's answer", default=5.0
    )
