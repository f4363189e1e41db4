"""The fast, tolerant codec between dataclasses and their wire form, compiled once for each class."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final, NamedTuple, TypeVar, cast

import orjson

from services.common.contracts.errors import Invalid

T = TypeVar("T")
Convert = Callable[[Any], Any]


class Unset(enum.Enum):
    """The type of `UNSET`: a field that the caller did not send, where null would mean something else."""

    UNSET = "unset"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset.UNSET


class Member(NamedTuple):
    """One field of a message: its Python name, its wire name, its bare type and whether null is allowed."""

    name: str
    key: str
    hint: Any
    marks: tuple[Any, ...]
    nullable: bool
    field: dataclasses.Field[Any]


def wire_name(name: str) -> str:
    """`from_` → `from`, `last_message_at` → `lastMessageAt`."""
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(part.title() for part in rest)


def members(cls: type) -> tuple[Member, ...]:
    """The fields of a message class, with their types resolved."""
    return _members(cls)


@cache
def _members(cls: type) -> tuple[Member, ...]:
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple(_member(field, hints[field.name]) for field in dataclasses.fields(cls))


def _member(field: dataclasses.Field[Any], hint: Any) -> Member:
    hint, nullable, marks = peel(hint)
    return Member(field.name, wire_name(field.name), hint, marks, nullable, field)


def peel(hint: Any) -> tuple[Any, bool, tuple[Any, ...]]:
    """The bare type below `Annotated`, `| None` and `| Unset`; whether null is allowed; the annotations met."""
    nullable, marks = False, ()
    while True:
        if typing.get_origin(hint) is typing.Annotated:
            hint, *extra = typing.get_args(hint)
            marks += tuple(extra)
        elif isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
            parts = typing.get_args(hint)
            nullable = nullable or type(None) in parts
            (hint,) = (part for part in parts if part not in (type(None), Unset))
        else:
            return hint, nullable, marks


def instant_to_wire(value: datetime) -> str:
    """RFC 3339 in UTC with `Z`."""
    # orjson writes what isoformat() would, in a sixth of the time.
    return orjson.dumps(value.astimezone(UTC), option=orjson.OPT_UTC_Z)[1:-1].decode()


def instant_from_wire(text: str) -> datetime:
    """The aware instant of an RFC 3339 text."""
    return datetime.fromisoformat(text)


def encode(message: Any) -> dict[str, Any]:
    """The wire form of a message."""
    wire: dict[str, Any] = {}
    cls = type(message)
    for name, key, convert in _encoders(cls):  # type: ignore[arg-type]  # a class is hashable
        value = getattr(message, name)
        if value is None:
            wire[key] = None
        elif value is not UNSET:
            wire[key] = convert(value) if convert is not None else value
    return wire


@cache
def _encoders(cls: type) -> tuple[tuple[str, str, Convert | None], ...]:
    return tuple((item.name, item.key, _encoder(item.hint)) for item in members(cls))


def _encoder(hint: Any) -> Convert | None:
    hint, _, _ = peel(hint)
    origin = typing.get_origin(hint)
    if origin in (list, tuple):
        inner = _encoder(typing.get_args(hint)[0])
        return list if inner is None else _each(inner, list)
    if origin is dict:
        inner = _encoder(typing.get_args(hint)[1])
        return None if inner is None else _each_value(inner)
    if isinstance(hint, type):
        return _encoder_of_class(hint)
    return None


def _each(convert: Convert, collect: Convert) -> Convert:
    return lambda values: collect([convert(value) for value in values])


def _each_value(convert: Convert) -> Convert:
    return lambda values: {key: convert(value) for key, value in values.items()}


def _encoder_of_class(hint: type) -> Convert | None:
    if dataclasses.is_dataclass(hint):
        return encode
    if issubclass(hint, datetime):
        return instant_to_wire
    if issubclass(hint, date):
        return date.isoformat
    if issubclass(hint, enum.Enum):
        return lambda value: getattr(value, "_value_", value)  # without the property around it
    return None


def decode(cls: type[T], wire: Mapping[str, Any]) -> T:
    """The message of a wire form, read tolerantly. Raises `Invalid` that names what is missing or unreadable."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, key, convert, required in _decoders(cls):  # type: ignore[arg-type]  # a class is hashable
        if key not in wire:
            if required:
                problems[key] = "Missing data for required field."
            continue
        value = wire[key]
        try:
            values[name] = convert(value) if convert is not None and value is not None else value
        except (ValueError, TypeError, AttributeError) as error:
            problems[key] = f"Not readable: {error}"
    if problems:
        msg = f"This is not a {cls.__name__}."
        raise Invalid(msg, problems)
    return cls(**values)


@cache
def _decoders(cls: type) -> tuple[tuple[str, str, Convert | None, bool], ...]:
    return tuple((item.name, item.key, _decoder(item.hint), is_required(item.field)) for item in members(cls))


def is_required(field: dataclasses.Field[Any]) -> bool:
    """Whether the field has no default."""
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _decoder(hint: Any) -> Convert | None:
    hint, _, _ = peel(hint)
    origin = typing.get_origin(hint)
    if origin in (list, tuple):
        inner = _decoder(typing.get_args(hint)[0])
        return cast("Convert", origin) if inner is None else _each(inner, cast("Convert", origin))
    if origin is dict:
        inner = _decoder(typing.get_args(hint)[1])
        return None if inner is None else _each_value(inner)
    if isinstance(hint, type):
        return _decoder_of_class(hint)
    return None


def _decoder_of_class(hint: type) -> Convert | None:
    if dataclasses.is_dataclass(hint):
        return lambda wire: decode(cast("type[Any]", hint), wire)
    if issubclass(hint, datetime):
        return instant_from_wire
    if issubclass(hint, date):
        return date.fromisoformat
    if issubclass(hint, enum.Enum):
        return lambda value: _member_or_text(hint, value)
    return None


def _member_or_text(enumeration: type[enum.Enum], value: Any) -> Any:
    """A newer publisher may know values that this reader does not; they pass as they are."""
    try:
        return enumeration(value)
    except ValueError:
        return value
