"""What every service tells the audit log, which `auth` keeps.

The source of an event is a fact of its class, so each service that has something to tell declares its own, in its own
contract, and publishes it in the transaction of the change:

    class AuditRecordedV1(AuditRecorded, source="tenants", type="audit.recorded.v1", consumed_by=("auth",)):
        ...
"""

from __future__ import annotations

import enum
from typing import Annotated, Any

from services.common.contracts.base import Event
from services.common.contracts.schema import Documented
from services.common.contracts.types import Id


class ActorType(enum.StrEnum):
    """Who did something: a person, a program with an API key, or the platform by itself."""

    USER = "USER"
    API_KEY = "API_KEY"
    SYSTEM = "SYSTEM"


class AuditRecorded(Event):
    """A change that the business may want to look up: who, what, from where. The envelope says when and whose.

    `before` and `after` hold the fields that changed, none of them secret: of a secret say that it changed.
    """

    actor_type: ActorType
    actor_id: Id | None
    action: Annotated[str, Documented(example="channel.created")]
    """`<noun>.<what happened>`."""
    target_type: str | None
    target_id: str | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    address: str | None
    request_id: str | None
