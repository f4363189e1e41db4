"""What the routes work with, made once by `app.py` and handed to them through the application."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app

from gateway.bus import Publisher, Rpc
from gateway.health import HealthReport
from gateway.key_lookup import KeyLookup
from gateway.limits import Limiter, Policy
from gateway.memory import Memory
from gateway.revocations import Revocations
from gateway.settings import GatewaySettings
from gateway.tokens import TokenVerifier

EXTENSION = "frontdesk"


@dataclass(frozen=True)
class Parts:
    """The gateway's collaborators."""

    settings: GatewaySettings
    rpc: Rpc
    publisher: Publisher
    verifier: TokenVerifier
    keys: KeyLookup
    revocations: Revocations
    limiter: Limiter
    verify_tokens: Memory[bool]
    """What `tenants` has said of the hash of a verify token."""
    health: HealthReport
    caller_policy: Policy | None
    credential_policy: Policy | None


def parts() -> Parts:
    """The collaborators of the application that serves the present request."""
    return cast("Parts", current_app.extensions[EXTENSION])
