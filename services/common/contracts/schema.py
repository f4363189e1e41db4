"""The strict marshmallow schema of a message, made from its dataclass.

Own code instead of marshmallow_dataclass, which does not work with marshmallow 4 (ADR-0004).
"""

from __future__ import annotations

import dataclasses
import enum
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from services.common.contracts import codec
from services.common.contracts.errors import Invalid


class AnyCaseEnum(fields.Enum[Any]):
    """An enumeration by value: upper case goes out, any case is taken."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        if isinstance(value, str):
            value = value.upper()
        return super()._deserialize(value, attr, data, **kwargs)


class Instant(fields.AwareDateTime):
    """RFC 3339 with an offset; a time without one is refused, since nobody could say which instant it means."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> datetime:
        instant = super()._deserialize(value, attr, data, **kwargs)
        try:
            return instant.astimezone(UTC)
        except OverflowError as error:
            msg = "Must lie between the years 1 and 9999 in UTC."
            raise ma.ValidationError(msg) from error


class StrictString(fields.String):
    """Text without NUL, which PostgreSQL cannot store."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if "\x00" in text:
            msg = "Must not contain NUL."
            raise ma.ValidationError(msg)
        return text


class WholeNumber(fields.Integer):
    """A number without a fraction: 1.5 is refused, not cut down to 1."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class WholeText(validate.Regexp):
    """A pattern to its very end, where Python's `$` would let a line break follow."""

    def __call__(self, value: Any) -> Any:
        """The value. Raises for one that does not match."""
        if value.endswith("\n") and str(self.regex.pattern).endswith("$"):
            raise ma.ValidationError(self._format_error(value))
        return super().__call__(value)


class FreeForm(fields.Raw):
    """Any JSON that can be stored and written out again: without NUL, and not nested beyond reason."""

    DEEPEST = 32

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        _require_storable(value, self.DEEPEST)
        return super()._deserialize(value, attr, data, **kwargs)


def _require_storable(value: Any, depth: int) -> None:
    if depth == 0:
        msg = f"Must not be nested more than {FreeForm.DEEPEST} levels deep."
        raise ma.ValidationError(msg)
    if isinstance(value, str) and "\x00" in value:
        msg = "Must not contain NUL."
        raise ma.ValidationError(msg)
    if isinstance(value, Mapping):
        for key, part in value.items():
            _require_storable(key, depth)
            _require_storable(part, depth - 1)
    elif isinstance(value, list):
        for part in value:
            _require_storable(part, depth - 1)


class StrictBoolean(fields.Boolean):
    """True and false, and the words that a query string has for them; not every truthy text there is."""

    truthy = {True, "true", "1"}
    falsy = {False, "false", "0"}


class Documented:
    """An annotation for the API document: `Annotated[str, Documented(example="Ann")]`."""

    def __init__(self, **metadata: Any) -> None:
        self.metadata = metadata


_SIMPLE: dict[Any, type[fields.Field[Any]]] = {
    str: StrictString,
    bool: StrictBoolean,
    int: WholeNumber,
    float: fields.Float,
    datetime: Instant,
    date: fields.Date,
    Any: FreeForm,
}


def schema_of(cls: type) -> type[ma.Schema]:
    """The schema class of a message; unknown fields are refused; loading gives an instance of the message."""
    return _schema_of(cls)


@cache
def _schema_of(cls: type) -> type[ma.Schema]:
    namespace: dict[str, Any] = {item.name: _field(item) for item in codec.members(cls)}
    namespace["Meta"] = type("Meta", (), {"unknown": ma.RAISE})
    namespace["build"] = ma.post_load(lambda _schema, data, **_options: cls(**data))
    return type(cls.__name__, (ma.Schema,), namespace)


@cache
def _loader(cls: type) -> ma.Schema:
    return schema_of(cls)()


def load(cls: type, wire: Any) -> Any:
    """An instance of the message. Raises `Invalid` with dotted field path → reason."""
    try:
        return _loader(cls).load(wire)
    except ma.ValidationError as error:
        messages = error.normalized_messages()  # type: ignore[no-untyped-call]
        raise refusal(messages) from error


def refusal(messages: Mapping[str, Any]) -> Invalid:
    """Marshmallow's nested messages as one flat `Invalid`."""
    details = dict(_flattened(messages, ""))
    named = ", ".join(sorted(details))
    return Invalid(f"Some values are refused: {named}.", details)


def _flattened(messages: Any, path: str) -> typing.Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from _flattened(inner, f"{path}.{key}" if path else str(key))
    else:
        yield path, " ".join(str(part) for part in messages)


def _field(item: codec.Member) -> fields.Field[Any]:
    options: dict[str, Any] = {
        "data_key": item.key,
        "allow_none": item.nullable,
        "validate": _validators(item.marks),
        "metadata": {
            key: value for mark in item.marks if isinstance(mark, Documented) for key, value in mark.metadata.items()
        },
    }
    if codec.is_required(item.field):
        options["required"] = True
    else:
        options["load_default"] = _default(item.field)
    return _field_of(item.hint, options, item.marks)


def _default(field: dataclasses.Field[Any]) -> Any:
    """A value, or marshmallow's `missing` where the dataclass itself must tell 'not sent' from null."""
    if field.default is codec.UNSET:
        return ma.missing
    return field.default if field.default is not dataclasses.MISSING else field.default_factory


def _field_of(hint: Any, options: dict[str, Any], marks: tuple[Any, ...] = ()) -> fields.Field[Any]:
    for mark in marks:
        if isinstance(mark, FieldFactory):
            return mark.make(options)
    origin = typing.get_origin(hint) or hint
    if origin in (list, tuple):
        return fields.List(_inner(typing.get_args(hint)[0]), **options)
    if origin is dict:
        return fields.Dict(keys=StrictString(), values=_values(hint), **options)
    return _plain_field(hint, options)


def _plain_field(hint: Any, options: dict[str, Any]) -> fields.Field[Any]:
    if hint in _SIMPLE:
        return _SIMPLE[hint](**options)
    if dataclasses.is_dataclass(hint):
        return fields.Nested(lambda: schema_of(typing.cast("type", hint))(), **options)  # noqa: PLW0108 - it resolves late
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return AnyCaseEnum(hint, by_value=True, **options)
    msg = f"No wire form is known for {hint!r}"
    raise TypeError(msg)


def _inner(hint: Any) -> fields.Field[Any]:
    bare, nullable, marks = codec.peel(hint)
    return _field_of(bare, {"allow_none": nullable or bare is Any, "validate": _validators(marks)}, marks)


def _validators(marks: tuple[Any, ...]) -> list[validate.Validator]:
    found = [mark for mark in marks if isinstance(mark, validate.Validator)]
    return [WholeText(mark.regex, error=mark.error) if isinstance(mark, validate.Regexp) else mark for mark in found]


def _values(hint: Any) -> fields.Field[Any] | None:
    arguments = typing.get_args(hint)
    return _inner(arguments[1]) if arguments else None


class FieldFactory:
    """An annotation that chooses the marshmallow field itself, where the bare Python type says too little."""

    def __init__(self, make: Callable[[dict[str, Any]], fields.Field[Any]]) -> None:
        self.make = make
