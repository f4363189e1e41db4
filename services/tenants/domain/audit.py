"""What of a change the audit log is told."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from services.common.contracts.base import View
from services.common.contracts.tenants import AuditRecordedV1
from services.common.kit.actors import actor_of
from services.common.kit.context import Context

_OF_NO_INTEREST = frozenset({"id", "tenantId", "createdAt", "updatedAt"})
_SECRETS = frozenset({"accessToken", "botToken", "verifyToken"})


def entry(
    context: Context,
    action: str,
    target: tuple[str, str],
    before: View | None,
    after: View | None,
    *,
    replaced: Collection[str] = (),
) -> AuditRecordedV1:
    """Who did what to which thing, `(type, id)`, with the fields that changed; of a secret, that it changed.

    `replaced` are secrets that may look the same, masked, and are others.
    """
    old, new = _flat(before), _flat(after)
    names = [name for name in {**old, **new} if old.get(name) != new.get(name) or name in replaced]
    actor_type, actor_id = actor_of(context)
    return AuditRecordedV1(
        actor_type=actor_type,
        actor_id=actor_id,
        action=action,
        target_type=target[0],
        target_id=target[1],
        before=None if before is None else _shown(old, names),
        after=None if after is None else _shown(new, names),
        address=context.address,
        request_id=context.request_id,
    )


def _flat(view: View | None) -> dict[str, Any]:
    """Nested views by dotted path, so that a field that changed does not bring its neighbours along."""
    flat: dict[str, Any] = {}
    for name, value in (view.to_wire() if view is not None else {}).items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": part for inner, part in value.items()}
        elif name not in _OF_NO_INTEREST:
            flat[name] = value
    return flat


def _shown(values: dict[str, Any], names: list[str]) -> dict[str, Any]:
    return {name: "secret" if _is_secret(name, values) else values.get(name) for name in names}


def _is_secret(name: str, values: dict[str, Any]) -> bool:
    return name.rpartition(".")[2] in _SECRETS and values.get(name) is not None
