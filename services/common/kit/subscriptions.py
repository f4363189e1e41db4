"""Reads a service class: which events it subscribes to."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from services.common.kit.topology import DEFAULT_TIERS, Subscription, Topology


def topology_of(service_cls: type, config: Mapping[str, Any] | None = None) -> Topology:
    """Everything that the service needs on the broker, events and RPC processes alike."""
    tiers = (config or {}).get("retry_tiers", DEFAULT_TIERS)
    name: str = service_cls.name  # type: ignore[attr-defined]  # checked by Nameko
    return Topology(name, tuple(sorted(_subscriptions(name, service_cls))), tuple(tiers))


def _subscriptions(service: str, service_cls: type) -> Iterator[Subscription]:
    for method, function in inspect.getmembers(service_cls, inspect.isfunction):
        for entrypoint in getattr(function, ENTRYPOINT_EXTENSIONS_ATTR, ()):
            event = getattr(entrypoint, "event_class", None)
            if event is not None:
                yield Subscription(event.SOURCE, event.TYPE, service, method)
