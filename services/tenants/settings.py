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
