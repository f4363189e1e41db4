"""Reads that are written once: SQLAlchemy makes their text when the module is imported, the driver runs it.

    _ONE = Read(sa.select(*_COLUMNS).where(Row.tenant_id == TENANT_ID, Row.id == sa.bindparam("row_id")))

    row = uow.first(_ONE, row_id=request.row_id)

To build a select anew for each call and to take its rows through the ORM costs several times what PostgreSQL needs for
the answer. Rows are named tuples, their values of the columns' types.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from services.common.kit.engine import OneTripDialect

TENANT_KEY = "tenant_id"
TENANT_ID = sa.bindparam(TENANT_KEY, type_=sa.Uuid(as_uuid=False))
"""The tenant for which the transaction speaks; nobody has to give it."""

_DIALECT = OneTripDialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]  # SQLAlchemy's own

_Convert = Callable[[Any], Any]


class Read:
    """A select whose `bindparam`s are given by name with each call."""

    def __init__(self, select: sa.Select[*tuple[Any, ...]]) -> None:
        compiled = select.compile(dialect=_DIALECT)
        self.text = str(compiled)
        parameters = {name: parameter for parameter, name in compiled.bind_names.items()}
        self.of_tenant = TENANT_KEY in parameters
        self._fixed = {name: parameter.value for name, parameter in parameters.items() if not parameter.required}
        self._given = _converters(
            (name, parameter.type.dialect_impl(_DIALECT).bind_processor(_DIALECT))
            for name, parameter in parameters.items()
        )
        columns = select.selected_columns
        row: Any = namedtuple("row", columns.keys())  # type: ignore[misc]  # noqa: PYI024  its fields are known only now
        self._named = row._make
        self._shown = _converters(
            (place, column.type.dialect_impl(_DIALECT).result_processor(_DIALECT, None))
            for place, column in enumerate(columns)
        )

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What the driver puts into the text."""
        values = {**self._fixed, **given}
        for name, convert in self._given:
            values[name] = convert(values[name])
        return values

    def rows(self, found: Iterable[tuple[Any, ...]]) -> list[Any]:
        """What the driver has found, with names."""
        return list(map(self._named, map(self._converted, found) if self._shown else found))

    def _converted(self, found: tuple[Any, ...]) -> list[Any]:
        values = list(found)
        for place, convert in self._shown:
            values[place] = convert(values[place])
        return values


def _converters(of: Iterable[tuple[Any, Any]]) -> tuple[tuple[Any, _Convert], ...]:
    """Most types need no conversion, since the driver knows them."""
    return tuple((key, convert) for key, convert in of if convert is not None)
