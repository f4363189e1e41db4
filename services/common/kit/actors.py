"""Who did something, as the audit log knows it."""

from __future__ import annotations

from services.common.contracts.audit import ActorType
from services.common.kit import ids
from services.common.kit.context import Context


def actor_of(context: Context) -> tuple[ActorType, str | None]:
    """A user; else a tenant's API key; else the platform by itself, which has no id."""
    if context.user_id is not None:
        return ActorType.USER, context.user_id
    if context.tenant_id is not None and context.caller is not None and ids.is_id(context.caller):
        return ActorType.API_KEY, context.caller
    return ActorType.SYSTEM, None
