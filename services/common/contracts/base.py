"""Messages: frozen dataclasses that know their wire form.

A shape is written once, as a dataclass. From it come the fast codec of the bus (`to_wire`, `from_wire`), the strict
marshmallow schema for requests (`schema_of`) and, through that, the OpenAPI document. Python says `snake_case`, the
wire says `camelCase`; instants travel as RFC 3339 in UTC, ids and enumerations as text.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Self, TypeVar, dataclass_transform

import orjson

from services.common.contracts import codec, schema
from services.common.contracts.codec import UNSET, Unset
from services.common.contracts.errors import Invalid
from services.common.contracts.schema import schema_of

__all__ = ["UNSET", "Envelope", "Event", "Message", "Request", "Unset", "View", "schema_of"]

R = TypeVar("R")


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Message:
    """Base of all that crosses the bus. A subclass is a frozen, keyword-only dataclass without saying so."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = None
    """A wire form for the documents and the golden samples."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)

    def to_wire(self) -> dict[str, Any]:
        """The JSON-ready form, camelCase. A field that is `UNSET` is left out; `None` is sent as null."""
        return codec.encode(self)

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """Read tolerantly: unknown keys and enumeration values pass. Raises `Invalid` when a field is missing."""
        return codec.decode(cls, wire)


class View(Message):
    """What a service shows of its rows."""


class Request(Message, Generic[R]):
    """A question or an order to one service; `R` is the type of the answer.

    `class Login(Request[SignedIn], service="auth", method="login")` declares the remote procedure as well as its
    parameters, so a client is typed by the request that it sends.
    """

    SERVICE: ClassVar[str]
    METHOD: ClassVar[str]
    RETURNS: ClassVar[Any]

    def __init_subclass__(cls, *, service: str = "", method: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if service:
            cls.SERVICE, cls.METHOD = service, method
            cls.RETURNS = _answer_type(cls)

    @classmethod
    def from_wire(cls, wire: Mapping[str, Any]) -> Self:
        """Read strictly. Raises `Invalid` with `details` of dotted field path → what is wrong with it."""
        return typing.cast("Self", schema.load(cls, wire))

    @classmethod
    def answer_from_wire(cls, wire: Any) -> R:
        """The answer as a view, or as it came where the request declares a plain type."""
        if isinstance(cls.RETURNS, type) and issubclass(cls.RETURNS, Message):
            return typing.cast("R", cls.RETURNS.from_wire(wire))
        return typing.cast("R", wire)


def _answer_type(cls: type) -> Any:
    for base in getattr(cls, "__orig_bases__", ()):
        if typing.get_origin(base) is Request:
            return typing.get_args(base)[0]
    msg = f"{cls.__name__} must name its answer: Request[Answer]"
    raise TypeError(msg)


class Event(Message):
    """Something that has happened in the service that publishes it.

    `class BookingConfirmedV1(Event, source="bookings", type="booking.confirmed.v1", consumed_by=("analytics",))`.
    Additive change keeps the version. `consumed_by` is the whole list: the relay publishes such an event as mandatory,
    and one that no service is meant to take yet as optional. `heard_by` names those who only listen while they run, by
    queues that go with them, and ask for the whole when they start: for their sake no event has to wait.
    """

    SOURCE: ClassVar[str]
    TYPE: ClassVar[str]
    CONSUMED_BY: ClassVar[tuple[str, ...]]
    HEARD_BY: ClassVar[tuple[str, ...]]

    def __init_subclass__(
        cls,
        *,
        source: str = "",
        type: str = "",  # noqa: A002 - the wire's word
        consumed_by: tuple[str, ...] = (),
        heard_by: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init_subclass__(**kwargs)
        cls.SOURCE, cls.TYPE, cls.CONSUMED_BY, cls.HEARD_BY = source, type, consumed_by, heard_by


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What surrounds every event on the bus; `data` is the event's wire form."""

    id: str
    type: str
    occurred_at: str
    tenant_id: str | None
    source: str
    correlation_id: str | None
    causation_id: str | None
    data: dict[str, Any]

    def to_bytes(self) -> bytes:
        """The JSON body of the message."""
        return orjson.dumps(
            {
                "id": self.id,
                "type": self.type,
                "occurredAt": self.occurred_at,
                "tenantId": self.tenant_id,
                "source": self.source,
                "correlationId": self.correlation_id,
                "causationId": self.causation_id,
                "data": self.data,
            }
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> Self:
        """Raises `Invalid` when the body is not an envelope."""
        try:
            wire = orjson.loads(body)
            return cls(
                id=wire["id"],
                type=wire["type"],
                occurred_at=wire["occurredAt"],
                tenant_id=wire.get("tenantId"),
                source=wire["source"],
                correlation_id=wire.get("correlationId"),
                causation_id=wire.get("causationId"),
                data=wire["data"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"The body is not an event envelope: {error!r}"
            raise Invalid(msg) from error
