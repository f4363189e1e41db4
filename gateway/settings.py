"""What the gateway reads from its environment."""

from __future__ import annotations

from dataclasses import dataclass

from services.common.kit.settings import Secret, Settings, setting


@dataclass(frozen=True)
class GatewaySettings(Settings):
    """The gateway's own settings. Whatever has a default works without being set."""

    amqp_url: Secret = setting("AMQP_URL", "the broker, amqp://user:password@host:port/vhost")
    meta_app_secret: Secret = setting("META_APP_SECRET", "app secrets of Meta webhooks, comma-separated while rotating")
    meta_verify_token: Secret = setting("META_VERIFY_TOKEN", "verify tokens of Meta webhooks, comma-separated")
    database_url: Secret | None = setting(
        "GATEWAY_DATABASE_URL",
        "PostgreSQL of the rate counters; without it each process counts for itself",
        default=None,
    )
    rate_limit_per_minute: int = setting("RATE_LIMIT_PER_MINUTE", "requests of one caller; 0 is off", default=100)
    credential_rate_limit_per_minute: int = setting(
        "CREDENTIAL_RATE_LIMIT_PER_MINUTE",
        "log-ins, registrations, tokens and codes from one address; 0 is off",
        default=10,
    )
    cors_origins: tuple[str, ...] = setting(
        "CORS_ORIGINS", "origins of browser clients, exact, comma-separated", default=()
    )
    trusted_proxies: int = setting("TRUSTED_PROXIES", "how many proxies before us set X-Forwarded-*", default=0)
    rpc_timeout_seconds: float = setting("RPC_TIMEOUT_SECONDS", "how long a service may take to answer", default=5.0)
    required_services: tuple[str, ...] = setting(
        "REQUIRED_SERVICES",
        "services without which /ready says no",
        default=("auth", "tenants", "messaging", "analytics"),
    )
    metrics_token: Secret | None = setting(
        "METRICS_TOKEN", "bearer token for /metrics from outside private networks", default=None
    )
    metrics_directory: str | None = setting(
        "PROMETHEUS_MULTIPROC_DIR", "folder where the worker processes join their metrics", default=None
    )
    commit: str = setting("GIT_COMMIT", "the commit this was built from, for /api/version", default="unknown")
    log_level: str = setting("LOG_LEVEL", "least level that is logged", default="INFO")

    @property
    def meta_app_secrets(self) -> tuple[bytes, ...]:
        """Each may sign; a sender that has not rotated yet uses the older one."""
        return _parts(self.meta_app_secret)

    @property
    def meta_verify_tokens(self) -> tuple[bytes, ...]:
        """Each may verify the webhook's address."""
        return _parts(self.meta_verify_token)


@dataclass(frozen=True)
class MigrationSettings(Settings):
    """What the one-shot migration reads."""

    database_url: Secret = setting("GATEWAY_MIGRATION_DATABASE_URL", "the gateway's database, as its owner")
    log_level: str = setting("LOG_LEVEL", "least level that is logged", default="INFO")


def _parts(text: str) -> tuple[bytes, ...]:
    return tuple(part.strip().encode() for part in text.split(",") if part.strip())
