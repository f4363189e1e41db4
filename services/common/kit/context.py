"""Who asks, for whom and until when: what travels with every call and every event.

It rides in Nameko's own headers (`nameko.<name>`), so that a stock Nameko service would pass it on as well. It is
handed from function to function: a new greenthread inherits no context variables, and a forgotten tenant must fail.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Self

from services.common.kit import clock, ids

_PREFIX = "nameko."


@dataclass(frozen=True, slots=True)
class Context:
    """Passed by value; `tenant_id` comes from a verified credential, never from a body."""

    request_id: str
    correlation_id: str | None = None
    causation_id: str | None = None
    tenant_id: str | None = None
    user_id: str | None = None
    role: str | None = None
    caller: str | None = None
    """The stable id of the user or API key: the scope of rate limits and idempotency keys."""
    address: str | None = None
    deadline: float | None = None
    """Seconds since 1970. Nobody waits for the answer any longer after that."""
    idempotency_key: str | None = None

    @classmethod
    def new(cls, **known: Any) -> Self:
        """A context with a request id of its own, for work that starts here."""
        return cls(request_id=known.pop("request_id", None) or ids.new_id(), **known)

    def child(self, **changes: Any) -> Self:
        """The same caller, for a further hop."""
        return replace(self, **changes)

    def remaining(self) -> float | None:
        """Seconds until the deadline; None without one; negative when it has passed."""
        return None if self.deadline is None else self.deadline - clock.epoch()

    def expired(self) -> bool:
        """Whether nobody waits for the answer any longer."""
        return self.deadline is not None and clock.epoch() > self.deadline

    def to_headers(self) -> dict[str, str]:
        """Nameko headers, without what is not set."""
        return {_PREFIX + name: str(value) for name in _NAMES if (value := getattr(self, name)) is not None}

    @classmethod
    def from_headers(cls, headers: dict[str, Any]) -> Self:
        """The context of a message; one that came without a request id gets one."""
        known = {name: value for name in _NAMES if (value := headers.get(_PREFIX + name)) is not None}
        if "deadline" in known:
            known["deadline"] = float(known["deadline"])
        return cls.new(**known)


_NAMES = tuple(field.name for field in fields(Context))
