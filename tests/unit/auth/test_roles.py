"""Who may make and change whom, as a table."""

from __future__ import annotations

import pytest

from services.auth.domain.permissions import key_scopes
from services.auth.domain.roles import is_within, may_change, may_grant
from services.common.contracts.auth import Role

ROLES = list(Role)


@pytest.mark.parametrize("own", ROLES)
@pytest.mark.parametrize("other", ROLES)
def test_only_managers_and_nobody_above(own: Role, other: Role) -> None:
    expected = ROLES.index(own) >= ROLES.index(Role.MANAGER) and ROLES.index(own) >= ROLES.index(other)
    assert may_change(own, [], other, []) is expected
    assert may_grant(own, other) is (expected and other is not Role.SUPER_ADMIN)


@pytest.mark.parametrize(
    ("own", "others", "within"),
    [
        ([], [], True),
        ([], ["a"], True),
        (["a"], [], False),
        (["a"], ["a"], True),
        (["a"], ["a", "b"], False),
        (["a", "b"], ["b"], True),
    ],
)
def test_salon_limits(own: list[str], others: list[str], within: bool) -> None:
    assert is_within(own, others) is within


def test_keys_get_no_more_than_a_manager_and_nothing_that_is_for_people_alone() -> None:
    scopes = key_scopes()
    assert {"messages:write", "bookings:read", "settings:read"} <= scopes
    assert not {scope.partition(":")[0] for scope in scopes} & {
        "users",
        "api-keys",
        "audit-log",
        "subscription",
        "tenants",
    }
