"""Who may act for the whole platform."""

from __future__ import annotations

from services.common.contracts.tenants import PlatformAdminNeeded

_SUPER_ADMIN = "SUPER_ADMIN"


def check_admin(role: str | None) -> None:
    """Raise unless the caller is a super admin, whatever the gateway thought."""
    if role != _SUPER_ADMIN:
        raise PlatformAdminNeeded
