"""What every service says of an idempotency key that comes a second time, when it can't repeat its first answer."""

from __future__ import annotations

from services.common.contracts.errors import Conflict, Invalid


class StillRunning(Conflict):
    """The first request with this idempotency key is still being carried out."""

    code = "idempotency.still_running"


class IdempotencyKeyReused(Invalid):
    """This idempotency key was used with another request before."""

    code = "idempotency.key_reused"
