"""Every service's database, from its own migrations: tenants are kept apart, except where it says otherwise here."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.common.kit.catalogue import AllowList, catalogue_problems
from tests.integration.databases import PrivateDatabase, connected

SERVICES = ("auth", "tenants", "bookings", "messaging", "analytics")

# What has no tenant, what the system role may do, and what is unique in the whole platform. Each line is a decision.
ALLOWED: dict[str, AllowList] = {
    "auth": AllowList(),
    "tenants": AllowList(),
    "bookings": AllowList(),
    "messaging": AllowList(),
    "analytics": AllowList(),
}


@pytest.mark.parametrize("service", SERVICES)
def test_tenants_are_kept_apart(migrated: Callable[[str], PrivateDatabase], service: str) -> None:
    private = migrated(service)
    with connected(private.admin_url) as admin:
        assert catalogue_problems(admin, private.roles, ALLOWED[service]) == []
