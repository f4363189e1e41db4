"""The settings that every process of a service has, and the configuration that Nameko's container gets from them."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from services.common.kit.runtime import Runtime
from services.common.kit.settings import Settings, setting

_CONTAINER = "services.common.kit.container.ResilientContainer"


@dataclass(frozen=True)
class ProcessSettings(Settings):
    """What a process reads beside its service's own settings."""

    health_host: str = setting("HEALTH_HOST", "address of /live, /ready and /metrics", default="127.0.0.1")
    health_port: int = setting("HEALTH_PORT", "port of /live, /ready and /metrics; 0 for none", default=0)
    log_level: str = setting("LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR", default="INFO")
    max_workers: int = setting(
        "MAX_WORKERS", "requests or events handled at once by one process; 0 for the service's own number", default=0
    )
    stop_limit: float = setting("STOP_LIMIT", "seconds that a stop may take before it is cut short", default=25.0)


def container_config(process: ProcessSettings, settings: Any, role: str, **more: Any) -> dict[str, Any]:
    """The container's configuration. `settings` is the service's own object, with `amqp_url` and `database_url`."""
    return {
        "SERVICE_CONTAINER_CLS": _CONTAINER,
        "AMQP_URI": settings.amqp_url,
        "max_workers": process.max_workers,
        "health_host": process.health_host,
        "health_port": process.health_port,
        "role": role,
        "settings": settings,
        **more,
    }


def settings_class_of(service_cls: type) -> type[Settings]:
    """The class that the service's `Runtime(…)` was given."""
    for _, member in inspect.getmembers(service_cls, lambda value: isinstance(value, Runtime)):
        return member.settings_class  # type: ignore[no-any-return]  # Nameko's classes are untyped
    raise LookupError(f"{service_cls.__name__} has no Runtime")
