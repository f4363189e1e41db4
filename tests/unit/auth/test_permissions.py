"""What a role may do."""

from __future__ import annotations

import itertools

import pytest

from services.auth.domain.permissions import permissions_of
from services.common.contracts.auth import Role


@pytest.mark.parametrize(("less", "more"), [*itertools.pairwise(Role)])
def test_a_higher_role_may_do_all_that_a_lower_one_may(less: Role, more: Role) -> None:
    assert set(permissions_of(less)) < set(permissions_of(more))


def test_a_customer_reads_no_messages() -> None:
    assert permissions_of(Role.CUSTOMER) == [
        "bookings:read",
        "bookings:write",
        "payments:read",
        "payments:write",
        "reviews:read",
        "reviews:write",
    ]


def test_staff_write_messages_but_not_settings() -> None:
    permissions = permissions_of(Role.STAFF)
    assert "messages:write" in permissions
    assert "services:read" in permissions
    assert not {"services:write", "settings:read", "users:read", "salons:write"} & set(permissions)


def test_only_the_platform_sees_all_tenants() -> None:
    assert [role for role in Role if "tenants:read" in permissions_of(role)] == [Role.SUPER_ADMIN]
