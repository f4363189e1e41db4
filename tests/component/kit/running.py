"""A container of the sample service, as `run.py` would make it."""

from __future__ import annotations

from typing import Any

import eventlet

from services.common.kit.bus import Bus
from services.common.kit.consumers.intake import Intake
from services.common.kit.container import ResilientContainer
from services.common.kit.process import ProcessSettings, container_config
from services.common.kit.runtime import runtime_of
from tests.component.kit.sample import SampleService, SampleSettings

FAST_TIERS = (1, 2)


class Running:
    """Started and consuming."""

    def __init__(self, container: Any) -> None:
        self.container = container

    @classmethod
    def started(cls, settings: SampleSettings, role: str, service: type = SampleService, **config: Any) -> Running:
        """Start, and wait until it consumes."""
        process = ProcessSettings(max_workers=config.pop("max_workers", 10), health_port=config.pop("health_port", 0))
        container = ResilientContainer(
            service, container_config(process, settings, role, **{"retry_tiers": FAST_TIERS, **config})
        )
        container.start()
        running = cls(container)
        with eventlet.Timeout(10):
            while not running.ready:
                eventlet.sleep(0.01)
        return running

    @property
    def intakes(self) -> list[Intake]:
        """All consuming connections."""
        return [intake for part in self.container.subextensions if isinstance(part, Bus) for intake in part.intakes]

    @property
    def ready(self) -> bool:
        """Whether it consumes."""
        return all(intake.ready for intake in self.intakes)

    @property
    def resources(self) -> Any:
        """Its database and ways out."""
        return runtime_of(self.container).resources

    def stop(self) -> None:
        """As on SIGTERM; twice does no harm."""
        self.container.stop()
