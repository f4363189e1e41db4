"""Pages of a query: by number for people, by cursor for programs.

A cursor says where the page before ended, in the list's own order, so that a deep page costs what the first one costs
and rows that are inserted meanwhile shift nothing.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.common.contracts.errors import Invalid
from services.common.contracts.paging import Pagination
from services.common.kit import ids

MAX_TOTAL = 10_000
"""Counting further would make the first page of a long list as dear as the list is long."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Position(NamedTuple):
    """A row's place in a list: its instant and, among equals, its id."""

    at: datetime
    row_id: str

    def to_cursor(self) -> str:
        """An opaque text, safe in a URL."""
        plain = f"{(self.at - _EPOCH) // _MICROSECOND}.{self.row_id}"
        return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")

    @classmethod
    def from_cursor(cls, cursor: str) -> Position:
        """Raises `Invalid` for a text that is not a cursor."""
        try:
            plain = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
            instant, row_id = plain.split(".")
            position = cls(_EPOCH + int(instant) * _MICROSECOND, row_id)
        except (ValueError, OverflowError, binascii.Error) as error:
            raise _not_a_cursor() from error
        if not ids.is_id(row_id):
            raise _not_a_cursor()
        return position


def _not_a_cursor() -> Invalid:
    return Invalid("Some values are refused: cursor.", {"cursor": "Must be the nextCursor of an earlier page."})


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list: by an instant that is never null and, among equals, by id. Needs an index on both."""

    at: Any
    row_id: Any
    newest_first: bool = False

    def clauses(self) -> tuple[Any, Any]:
        """For `order_by`."""
        if self.newest_first:
            return sa.desc(self.at), sa.desc(self.row_id)
        return sa.asc(self.at), sa.asc(self.row_id)

    def behind(self, position: Position) -> Any:
        """The condition of rows that come after the position. A row comparison, which the index answers directly."""
        place = sa.tuple_(self.at, self.row_id)
        end = sa.tuple_(
            sa.literal(position.at, sa.DateTime(timezone=True)), sa.literal(position.row_id, sa.Uuid(as_uuid=False))
        )
        return place < end if self.newest_first else place > end


class PageRequest(Protocol):
    """What every request for a page has."""

    @property
    def page(self) -> int: ...

    @property
    def limit(self) -> int: ...

    @property
    def cursor(self) -> str | None: ...


class Page(NamedTuple):
    """The rows of one page, as the statement selects them, and where the page stands."""

    rows: Sequence[sa.Row[*tuple[Any, ...]]]
    pagination: Pagination


def fetch_page(session: Session, statement: sa.Select[*tuple[Any, ...]], order: Order, request: PageRequest) -> Page:
    """One page of a statement that is neither ordered nor limited. A cursor outweighs the page's number."""
    ordered = statement.add_columns(order.at, order.row_id).order_by(*order.clauses()).limit(request.limit + 1)
    if request.cursor is not None:
        ordered = ordered.where(order.behind(Position.from_cursor(request.cursor)))
    else:
        ordered = ordered.offset((request.page - 1) * request.limit)
    rows = session.execute(ordered).all()
    shown = rows[: request.limit]
    total = _count(session, statement)
    pagination = Pagination(
        page=request.page if request.cursor is None else None,
        limit=request.limit,
        total=total,
        total_pages=-(-total // request.limit),
        next_cursor=Position(*shown[-1][-2:]).to_cursor() if len(rows) > request.limit else None,
    )
    return Page(shown, pagination)


def _count(session: Session, statement: sa.Select[*tuple[Any, ...]]) -> int:
    few = statement.with_only_columns(sa.literal(1), maintain_column_froms=True).limit(MAX_TOTAL)
    return session.scalar(sa.select(sa.func.count()).select_from(few.subquery())) or 0
