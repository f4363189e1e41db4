"""What is known about a request as it arrives, and what becomes known before a view sees it."""

from __future__ import annotations

import ipaddress
import re
import time
from dataclasses import dataclass, field

from flask import g, request
from werkzeug.exceptions import BadRequest

from gateway.limits import Verdict
from gateway.principal import Principal
from services.common.kit import ids
from services.common.kit.context import Context

MUTATING = frozenset({"POST", "PUT", "PATCH", "DELETE"})

_LONGEST_DEVICE = 500
_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_SANE_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")


@dataclass(slots=True)
class Arrival:
    """One request on its way through the gateway."""

    request_id: str
    started: float = field(default_factory=time.monotonic)
    principal: Principal | None = None
    verdict: Verdict | None = None


def arrive() -> Arrival:
    """Begin: the caller's request id when it is sane, else a new one."""
    wanted = request.headers.get("X-Request-ID", "")
    g.arrival = Arrival(wanted if _SANE_REQUEST_ID.fullmatch(wanted) else ids.new_id())
    return arrival()


def arrival() -> Arrival:
    """The request that this thread works on."""
    found: Arrival | None = g.get("arrival")
    return arrive() if found is None else found


def address() -> str:
    """Where the caller is; one IPv6 customer owns a whole /64."""
    text = request.remote_addr or "unknown"
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return text


def user_agent() -> str | None:
    """What the caller's program calls itself, to be shown beside its session."""
    return request.headers.get("User-Agent", "").replace("\x00", "")[:_LONGEST_DEVICE] or None


def session_id() -> str | None:
    """The session of the caller's access token."""
    who = arrival().principal
    return who.session_id if who else None


def context() -> Context:
    """What travels with the call to a service. Everything about the tenant comes from the verified credential."""
    now = arrival()
    who = now.principal
    return Context(
        request_id=now.request_id,
        correlation_id=now.request_id,
        tenant_id=who.tenant_id if who else None,
        user_id=who.user_id if who else None,
        role=who.role.value if who else None,
        caller=who.caller if who else f"address:{address()}",
        address=request.remote_addr,
        idempotency_key=_idempotency_key() if request.method in MUTATING else None,
    )


def _idempotency_key() -> str:
    """The client's, or one of this request alone: the broker may deliver a call twice, and it must run once."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ids.new_id()
    if not _SANE_KEY.fullmatch(key):
        raise BadRequest("Idempotency-Key must be 1 to 255 printable ASCII characters.")
    return key
