"""What every service class holds: its settings, its database and its ways out. One of each per process.

class BookingsService:
    name = "bookings"
    runtime = Runtime(BookingsSettings)
    graph = Provide(lambda settings: GraphApi(settings.graph_api_url))
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Protocol, cast

import eventlet
from nameko.extensions import DependencyProvider

from services.common.kit.container import QuietlyBound
from services.common.kit.database import Database
from services.common.kit.engine import EngineOptions
from services.common.kit.health import HealthServer
from services.common.kit.logging import get_logger
from services.common.kit.publisher import ConfirmedPublisher
from services.common.kit.relay import Relay
from services.common.kit.rpc import RpcClient
from services.common.kit.settings import Settings

log = get_logger(__name__)

_RELAY_LIMIT = 6.0
_OTHERS_THAN_WORKERS = 4
"""Greenthreads that use the database beside the workers: relay, batches, health."""


class ServiceSettings(Protocol):
    """What the kit needs of a service's settings class; the rest is the service's own."""

    @property
    def database_url(self) -> str: ...
    @property
    def amqp_url(self) -> str: ...


class Resources:
    """The injected object: `self.runtime` in a service method."""

    def __init__(self, settings: ServiceSettings, service: str, max_workers: int) -> None:
        self.settings = settings
        self.database = Database(
            settings.database_url, service, EngineOptions(pool_size=max_workers + _OTHERS_THAN_WORKERS)
        )
        self.rpc = RpcClient(settings.amqp_url, service)
        self.publisher = ConfirmedPublisher(settings.amqp_url)
        # Its making has told the database whom to wake after a commit.
        self.relay = Relay(self.database, self.publisher)

    def close(self) -> None:
        """Whoever still waits for one of them is let go."""
        self.relay.stop()
        self.rpc.close()
        self.publisher.close()
        self.database.close()


class Runtime(QuietlyBound, DependencyProvider):
    """Makes the resources of the process, runs the relay and the health server beside the workers."""

    def __init__(self, settings_class: type[Settings]) -> None:
        self.settings_class = settings_class
        self._relay: Any = None

    @cached_property
    def settings(self) -> ServiceSettings:
        """Read once: by who starts the process, or here."""
        given = self.container.config.get("settings")
        return cast("ServiceSettings", given if given is not None else self.settings_class.load())

    @cached_property
    def resources(self) -> Resources:
        """Nothing in them connects before it is used."""
        return Resources(self.settings, self.container.service_name, self.container.max_workers)

    def get_dependency(self, worker_ctx: Any) -> Resources:  # noqa: ARG002  Nameko's signature
        """The same object for every worker."""
        return self.resources

    def start(self) -> None:
        """Run the relay and the health server until the container stops."""
        self._relay = self.container.spawn_managed_thread(self.resources.relay.run, identifier="relay")
        self._health.start()

    def stop(self) -> None:
        """All workers have finished; the relay finishes its batch."""
        self.resources.relay.stop()
        with eventlet.Timeout(_RELAY_LIMIT, exception=False):
            self._relay.wait()
        self.kill()

    def kill(self) -> None:
        """Close the ways out; nothing is waited for."""
        self.resources.close()
        self._health.stop()

    @cached_property
    def _health(self) -> HealthServer:
        config = self.container.config
        address = (config.get("health_host", "127.0.0.1"), config.get("health_port", 0))
        return HealthServer(self.container, address, self.resources.database, self.resources.relay)


class Provide(QuietlyBound, DependencyProvider):
    """An adapter or another object made once per process, from the settings, when it is first needed."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self.make = make

    @cached_property
    def made(self) -> Any:
        """The one object."""
        return self.make(runtime_of(self.container).settings)

    def get_dependency(self, worker_ctx: Any) -> Any:  # noqa: ARG002  Nameko's signature
        """The same object for every worker."""
        return self.made


def runtime_of(container: Any) -> Runtime:
    """The bound runtime of a container."""
    for dependency in container.dependencies:
        if isinstance(dependency, Runtime):
            return dependency
    raise LookupError(f"{container.service_name} has no Runtime")
