"""The Nameko container that survives: one bad message, provider or handler must not take its process down.

The stock container kills itself on any exception outside the service's method, never settles a message whose handler
let an `eventlet.Timeout` out, and acknowledges before providers have committed. Here a worker does three things: inject
the dependencies, run the entrypoint, and if that breaks, let the entrypoint decide what becomes of its message.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

import eventlet
from nameko.containers import ServiceContainer, WorkerContext
from nameko.extensions import Entrypoint, iter_extensions
from nameko.utils.concurrency import SpawningSet

from services.common.kit.logging import get_logger

log = get_logger(__name__)

RPC, EVENTS, ALL = "rpc", "events", "all"


class QuietlyBound:
    """Mixin for extensions with properties.

    Nameko looks for sub-extensions by reading every attribute while it binds, which would compute a property before its
    time. So properties are left out of `dir`.
    """

    def __dir__(self) -> list[str]:
        kind = type(self)
        return [
            name for name in super().__dir__() if not isinstance(getattr(kind, name, None), property | cached_property)
        ]


class KitEntrypoint(QuietlyBound, Entrypoint):
    """Base of the kit's entrypoints: `run` does everything, to the reply and the acknowledgement."""

    ROLE: ClassVar[str]

    def run(self, service: Any, *args: Any) -> None:
        """Do the work. Called in a worker with a fresh service object."""
        raise NotImplementedError

    def crashed(self, error: BaseException, *args: Any) -> None:
        """`run` was not reached, or let something out: settle what is in hand."""
        raise NotImplementedError

    @property
    def label(self) -> str:
        """`service.method`, for logs and metrics."""
        return f"{self.container.service_name}.{self.method_name}"


class ResilientContainer(ServiceContainer):
    """Binds the entrypoints of its role only: slow event handlers would starve RPC in a shared worker pool."""

    entrypoints: Any

    def __init__(self, service_cls: type, config: dict[str, Any]) -> None:
        super().__init__(service_cls, config)
        role = config.get("role", ALL)
        wanted = SpawningSet(bound for bound in self.entrypoints if role in (ALL, bound.ROLE))
        self.entrypoints = wanted
        self.subextensions = SpawningSet(
            extension for bound in wanted | self.dependencies for extension in iter_extensions(bound)
        )
        self.stopping = False

    @property
    def has_free_worker(self) -> bool:
        """Whether a worker could start without waiting."""
        return bool(self._worker_pool.free() > 0)

    def stop(self) -> None:
        """Take no more, finish what runs, then stop the providers and the connections."""
        self.stopping = True
        super().stop()

    def _run_worker(self, worker_ctx: WorkerContext, handle_result: Any) -> None:  # noqa: ARG002  Nameko's signature
        entrypoint, args = worker_ctx.entrypoint, worker_ctx.args
        try:
            self._inject_dependencies(worker_ctx)
            entrypoint.run(worker_ctx.service, *args)
        except (Exception, eventlet.Timeout) as error:
            log.exception("entrypoint_crashed", entrypoint=entrypoint.label)
            self._settle(entrypoint, error, args)

    def _settle(self, entrypoint: KitEntrypoint, error: BaseException, args: tuple[Any, ...]) -> None:
        try:
            entrypoint.crashed(error, *args)
        except (Exception, eventlet.Timeout):
            log.exception("entrypoint_crashed_twice", entrypoint=entrypoint.label)
