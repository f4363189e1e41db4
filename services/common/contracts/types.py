"""Value types of the wire, with their rules of form. Rules of meaning belong to the service that owns the value."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from marshmallow import ValidationError, fields, validate

from services.common.contracts.base import View
from services.common.contracts.schema import Documented, FieldFactory, StrictString


class _IdField(fields.UUID):
    """A UUID that stays text in Python."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return str(super()._deserialize(value, attr, data, **kwargs))


class _DayOrInstantField(fields.String):
    """A day, or an instant with its offset; text in Python, for whoever asks to give it an edge."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ARG002  marshmallow's
        text = str(value).strip()
        if not _is_day(text) and not _is_instant(text):
            raise ValidationError("Must be a day such as 2026-01-31 or an instant such as 2026-01-31T09:00:00Z.")
        return text


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


class _CommaList(fields.List[Any]):
    """A list that a query string writes as `a,b`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if isinstance(value, str):
            value = [part for part in value.split(",") if part]
        return super()._deserialize(value, attr, data, **kwargs)


def _comma_list(options: dict[str, Any]) -> fields.Field[Any]:
    return _CommaList(StrictString(), **options)


Id = Annotated[str, FieldFactory(lambda options: _IdField(**options))]
"""A UUID in text form."""

Name = Annotated[
    str, validate.Length(min=1, max=200), validate.Regexp(r"(?s).*\S", error="Must not be only white space.")
]
ShortText = Annotated[str, validate.Length(max=500)]
Email = Annotated[
    str, validate.Length(max=254), validate.Email(), Documented(format="email", example="owner@demo.example")
]
DayOrInstant = Annotated[
    str, FieldFactory(lambda options: _DayOrInstantField(**options)), Documented(example="2026-01-31")
]
"""A bound of time in a filter, such as `2026-01-31` or `2026-01-31T09:00:00Z`."""

CommaList = Annotated[list[str], FieldFactory(_comma_list)]
Currency = Annotated[str, validate.Regexp(r"^[A-Z]{3}$", error="Must be an ISO 4217 code such as EUR.")]


class Money(View):
    """An amount in minor units: `{"amount": 1500, "currency": "EUR"}` is fifteen euros."""

    amount: int
    currency: Currency
