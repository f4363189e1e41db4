"""Settings of `tenants`."""

from __future__ import annotations

from dataclasses import dataclass

from services.common.kit import settings
from services.common.kit.settings import Secret, setting


@dataclass(frozen=True)
class Settings(settings.Settings):
    """What `tenants` reads from its environment."""

    database_url: Secret = setting("TENANTS_DATABASE_URL", "its database, as the role tenants_app")
    amqp_url: Secret = setting("AMQP_URL", "the broker")
    envelope_keys: Secret = setting(
        "ENVELOPE_KEYS", "keys that seal credentials, kid:base64 of 32 bytes, comma-separated, the first seals"
    )
    default_timezone: str = setting("TENANTS_DEFAULT_TIMEZONE", "time zone of a tenant that names none", default="UTC")
    default_locale: str = setting("TENANTS_DEFAULT_LOCALE", "language of a tenant that names none", default="en")
    default_currency: str = setting("TENANTS_DEFAULT_CURRENCY", "currency of a new tenant", default="EUR")
