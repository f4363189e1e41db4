"""Every message of the contracts, found by walking the modules."""

from __future__ import annotations

import dataclasses
import enum
import importlib
import inspect
import typing
from datetime import UTC, date, datetime
from typing import Any

from services.common.contracts import codec
from services.common.contracts.base import Event, Message, Request
from services.common.contracts.errors import ServiceError

MODULES = ("auth", "tenants", "bookings", "messaging", "analytics", "gateway")
SAMPLE_ID = "019a0000-0000-7000-8000-000000000001"


def classes_of(kind: type) -> list[type[Any]]:
    """The concrete classes of a kind that the owners' modules declare."""
    found: dict[str, type[Any]] = {}
    for name in MODULES:
        module = importlib.import_module(f"services.common.contracts.{name}")
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if issubclass(cls, kind) and cls.__module__ == module.__name__:
                found[f"{name}.{cls.__name__}"] = cls
    return [found[key] for key in sorted(found)]


def requests() -> list[type[Request[Any]]]:
    return [cls for cls in classes_of(Request) if hasattr(cls, "SERVICE")]


def events() -> list[type[Event]]:
    return classes_of(Event)


def errors() -> list[type[ServiceError]]:
    return classes_of(ServiceError)


def messages() -> list[type[Message]]:
    return classes_of(Message)


def label(cls: type) -> str:
    return f"{cls.__module__.rsplit('.', 1)[1]}.{cls.__name__}"


def sample(cls: type[Message]) -> Message:
    """A message with every field filled by a fixed value of its type."""
    return cls(**{item.name: _value(item.hint, item.name) for item in codec.members(cls)})


def _value(hint: Any, name: str) -> Any:
    hint, _, _ = codec.peel(hint)
    origin = typing.get_origin(hint)
    if origin in (list, tuple):
        return [_value(typing.get_args(hint)[0], name)]
    if origin is dict:
        return {"key": _value(typing.get_args(hint)[1], name)}
    if dataclasses.is_dataclass(hint):
        return sample(typing.cast("type[Message]", hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return next(iter(hint))
    if hint is str and (name == "id" or name.endswith("_id")):
        return SAMPLE_ID
    return _PLAIN[hint]


_PLAIN: dict[Any, Any] = {
    str: "text",
    int: 7,
    float: 0.5,
    bool: True,
    datetime: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    date: date(2026, 1, 2),
    Any: "anything",
}
