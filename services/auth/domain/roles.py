"""Who may make whom, and change whom."""

from __future__ import annotations

from collections.abc import Sequence

from services.common.contracts.auth import Role


def may_change(own_role: str, own_salons: Sequence[str], role: str, salons: Sequence[str]) -> bool:
    """Whether somebody may change a user: none who stands above, none beyond the own salons."""
    own = Role(own_role)
    return own.at_least(Role.MANAGER) and own.at_least(Role(role)) and is_within(own_salons, salons)


def may_grant(own_role: str, role: Role) -> bool:
    """Whether somebody may make others so: nobody more than themselves, and nobody the platform's admin."""
    own = Role(own_role)
    return own.at_least(Role.MANAGER) and own.at_least(role) and role is not Role.SUPER_ADMIN


def is_within(own_salons: Sequence[str], salons: Sequence[str]) -> bool:
    """Whether salons lie within one's own. An empty list is no limit, so a limited person may not grant it."""
    return not own_salons or (bool(salons) and set(salons) <= set(own_salons))
