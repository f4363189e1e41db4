"""What a role may do, as `<collection>:read` and `<collection>:write`: the same words as an API key's scopes."""

from __future__ import annotations

from services.common.contracts.auth import Role

# The least role that reads and that writes each collection of the REST surface; None where nobody writes it.
_LEAST: dict[str, tuple[Role, Role | None]] = {
    "analytics": (Role.MANAGER, None),
    "api-keys": (Role.OWNER, Role.OWNER),
    "assistant": (Role.MANAGER, Role.MANAGER),
    "audit-log": (Role.OWNER, None),
    "bookings": (Role.CUSTOMER, Role.CUSTOMER),
    "campaigns": (Role.MANAGER, Role.MANAGER),
    "channels": (Role.MANAGER, Role.MANAGER),
    "contacts": (Role.STAFF, Role.STAFF),
    "conversations": (Role.STAFF, Role.STAFF),
    "customers": (Role.STAFF, Role.STAFF),
    "events": (Role.MANAGER, None),
    "loyalty": (Role.STAFF, Role.STAFF),
    "media": (Role.STAFF, Role.STAFF),
    "messages": (Role.STAFF, Role.STAFF),
    "payments": (Role.CUSTOMER, Role.CUSTOMER),
    "quick-replies": (Role.STAFF, Role.STAFF),
    "resources": (Role.MANAGER, Role.MANAGER),
    "reviews": (Role.CUSTOMER, Role.CUSTOMER),
    "salons": (Role.STAFF, Role.OWNER),
    "schedules": (Role.STAFF, Role.STAFF),
    "services": (Role.STAFF, Role.MANAGER),
    "settings": (Role.MANAGER, Role.MANAGER),
    "specialists": (Role.STAFF, Role.MANAGER),
    "subscription": (Role.OWNER, Role.OWNER),
    "templates": (Role.MANAGER, Role.MANAGER),
    "tenant": (Role.STAFF, Role.OWNER),
    "tenants": (Role.SUPER_ADMIN, Role.SUPER_ADMIN),
    "usage": (Role.MANAGER, None),
    "users": (Role.MANAGER, Role.MANAGER),
    "waitlist": (Role.STAFF, Role.STAFF),
    "webhook-endpoints": (Role.OWNER, Role.OWNER),
    "webhook-logs": (Role.MANAGER, None),
}


_NOT_FOR_KEYS = frozenset({"users:read", "users:write"})
"""A program does not make people, nor see who they are: no route of theirs lets a key in."""


def key_scopes() -> frozenset[str]:
    """What API keys can be made for: at most what a manager may do."""
    return frozenset(permissions_of(Role.MANAGER)) - _NOT_FOR_KEYS


def permissions_of(role: Role) -> list[str]:
    """All that the role may do, in alphabetical order."""
    granted = []
    for collection, (reader, writer) in sorted(_LEAST.items()):
        if role.at_least(reader):
            granted.append(f"{collection}:read")
        if writer is not None and role.at_least(writer):
            granted.append(f"{collection}:write")
    return granted
