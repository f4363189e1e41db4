"""How a rule says that it refuses one value."""

from __future__ import annotations

from services.common.contracts.errors import Invalid


def refused(field: str, reason: str) -> Invalid:
    """One value is refused, for a reason."""
    return Invalid(f"Some values are refused: {field}.", {field: reason})
