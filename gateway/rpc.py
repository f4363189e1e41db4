"""Asking a service: the request goes out with the context of the HTTP request, the answer comes back as it is."""

from __future__ import annotations

from typing import Any

from gateway import arrival
from gateway.parts import parts
from services.common.contracts.base import Request


def ask(request: Request[Any], seconds: float | None = None) -> Any:
    """The answer's wire form, unparsed: the gateway only passes it on. By default in the time of the settings."""
    here = parts()
    return here.rpc.call_wire(request, arrival.context(), seconds or here.settings.rpc_timeout_seconds)
