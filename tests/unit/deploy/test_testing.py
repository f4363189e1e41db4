"""Which tests a run is about."""

from __future__ import annotations

import pytest

from deploy.local.testing import TIERS

_BY_NAME = {tier.name: tier for tier in TIERS}


def test_a_tier_is_all_of_its_folders_unless_something_is_named() -> None:
    assert _BY_NAME["integration"].targets([]) == ["tests/integration", "tests/component"]


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        ("unit", ["tests/unit/auth"]),
        ("integration", []),
        ("e2e", ["tests/e2e/test_sessions.py::test_one"]),
    ],
)
def test_a_tier_takes_what_is_named_and_its_own(tier: str, expected: list[str]) -> None:
    named = ["tests/unit/auth", "tests/e2e/test_sessions.py::test_one"]
    assert _BY_NAME[tier].targets(named) == expected
