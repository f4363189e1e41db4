"""Errors that cross the bus.

    ServiceError
    ├── Invalid          422  a value is refused; details name the field
    ├── Unauthenticated  401  no credential, or not a good one
    ├── Forbidden        403  the role or the plan does not allow it
    ├── NotFound         404  absent, or another tenant's
    ├── Conflict         409  it clashes with the present state
    ├── Gone             410  it has expired
    ├── RateLimited      429  too often; details["retryAfter"] in seconds
    └── Unavailable      503  the only kind that a caller may simply retry

A concrete error is declared by the service that owns it, as a subclass of a kind with a `code` of its own.
"""

from __future__ import annotations

from typing import Any, ClassVar


class ServiceError(Exception):
    """A refusal that the caller is meant to understand.

    The constructor takes exactly what Nameko sends over the wire (`Class(*args)` with stringified leaves): a message
    for people and details for programs, both plain strings.
    """

    code: ClassVar[str] = "internal"
    kind: ClassVar[str] = "Internal"
    _by_code: ClassVar[dict[str, type[ServiceError]]] = {}
    _by_kind: ClassVar[dict[str, type[ServiceError]]] = {}

    def __init__(self, message: str = "", details: dict[str, str] | None = None) -> None:
        super().__init__(message, details or {})
        self.message = message or self.default_message()
        self.details: dict[str, str] = dict(details or {})

    def __init_subclass__(cls, *, kind: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if kind:
            cls.kind = cls.__name__
            ServiceError._by_kind[cls.kind] = cls
        ServiceError._by_code.setdefault(cls.code, cls)

    @classmethod
    def default_message(cls) -> str:
        """The first line of the class's docstring: what happened, in words for the caller."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0]

    def to_wire(self) -> dict[str, Any]:
        """`{"code", "kind", "message", "details"}`."""
        return {"code": self.code, "kind": self.kind, "message": self.message, "details": self.details}

    @staticmethod
    def from_wire(wire: dict[str, Any]) -> ServiceError:
        """The class registered for the code; for a code this process does not know, its kind with that code."""
        message, details = str(wire.get("message") or ""), wire.get("details") or {}
        code = str(wire.get("code") or ServiceError.code)
        known = ServiceError._by_code.get(code)
        if known is not None:
            return known(message, details)
        error = ServiceError._by_kind.get(str(wire.get("kind")), ServiceError)(message, details)
        error.code = code  # type: ignore[misc]  # a stranger's code outlives the class that stands in for it
        return error


class Invalid(ServiceError, kind=True):
    """A value was refused."""

    code = "invalid"


class Unauthenticated(ServiceError, kind=True):
    """A valid credential is needed."""

    code = "unauthenticated"


class Forbidden(ServiceError, kind=True):
    """This is not allowed for the caller."""

    code = "forbidden"


class NotFound(ServiceError, kind=True):
    """There is no such thing."""

    code = "not_found"


class Conflict(ServiceError, kind=True):
    """This clashes with the present state."""

    code = "conflict"


class Gone(ServiceError, kind=True):
    """This has expired."""

    code = "gone"


class RateLimited(ServiceError, kind=True):
    """Too many requests."""

    code = "rate_limited"


class Unavailable(ServiceError, kind=True):
    """A part of the system is away for the moment; try again shortly."""

    code = "unavailable"
