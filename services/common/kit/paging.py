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
from functools import cache
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.common.contracts.errors import Invalid
from services.common.contracts.paging import Pagination
from services.common.kit import ids
from services.common.kit.reads import Read
from services.common.kit.uow import UnitOfWork

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

    def behind(self, end: Any) -> Any:
        """The condition of rows that come after a position. A row comparison, which the index answers directly."""
        place = sa.tuple_(self.at, self.row_id)
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
    """One page of a statement that is neither ordered nor limited, for lists too seldom asked for to be a `Listing`.

    A cursor outweighs the page's number.
    """
    ordered = statement.add_columns(order.at, order.row_id).order_by(*order.clauses()).limit(request.limit + 1)
    if request.cursor is not None:
        end = Position.from_cursor(request.cursor)
        place = sa.tuple_(
            sa.literal(end.at, sa.DateTime(timezone=True)), sa.literal(end.row_id, sa.Uuid(as_uuid=False))
        )
        ordered = ordered.where(order.behind(place))
    else:
        ordered = ordered.offset((request.page - 1) * request.limit)
    rows = session.execute(ordered).all()
    shown = rows[: request.limit]
    total = _count(session, statement)
    next_cursor = Position(*shown[-1][-2:]).to_cursor() if len(rows) > request.limit else None
    return Page(shown, _pagination(request, total, next_cursor))


_END = sa.tuple_(
    sa.bindparam("end_at", type_=sa.DateTime(timezone=True)), sa.bindparam("end_id", type_=sa.Uuid(as_uuid=False))
)


def _place(request: PageRequest) -> dict[str, Any]:
    """Values for where a page begins."""
    if request.cursor is None:
        return {"offset": (request.page - 1) * request.limit}
    end = Position.from_cursor(request.cursor)
    return {"end_at": end.at, "end_id": end.row_id}


def _pagination(request: PageRequest, total: int, next_cursor: str | None) -> Pagination:
    return Pagination(
        page=request.page if request.cursor is None else None,
        limit=request.limit,
        total=total,
        total_pages=-(-total // request.limit),
        next_cursor=next_cursor,
    )


class Listing:
    """A list of which pages are read again and again.

    `select` says what is shown and whose; `filters` are conditions on the rows that `order` orders, of which each call
    asks for some. The text for a set of filters is made when they are first asked for together.
    """

    def __init__(self, select: sa.Select[*tuple[Any, ...]], order: Order, **filters: sa.ColumnElement[bool]) -> None:
        self._select, self._order, self._filters = select, order, filters
        self._pages = cache(self._page_read)
        self._counts = cache(self._count_read)

    def page(self, uow: UnitOfWork, request: PageRequest, **asked: Any) -> Page:
        """One page. `asked` has a value for each `bindparam` of the filters, None for one that is not asked for.

        A cursor outweighs the page's number.
        """
        names = tuple(name for name in self._filters if asked.get(name) is not None)
        found = uow.rows(
            self._pages(names, by_cursor=request.cursor is not None),
            **asked,
            **_place(request),
            limit=request.limit + 1,
        )
        if found:
            total = found[0].total
        else:
            total = 0 if request.cursor is None and request.page == 1 else uow.first(self._counts(names), **asked).total
        shown = found[: request.limit]
        end = Position(shown[-1].page_at, shown[-1].page_id).to_cursor() if len(found) > request.limit else None
        return Page(shown, _pagination(request, total, end))

    def _page_read(self, names: tuple[str, ...], *, by_cursor: bool) -> Read:
        order, total = self._order, self._count(names).scalar_subquery()
        page = self._select.add_columns(order.at.label("page_at"), order.row_id.label("page_id"), total.label("total"))
        page = page.where(*self._conditions(names)).order_by(*order.clauses()).limit(sa.bindparam("limit"))
        return Read(page.where(order.behind(_END)) if by_cursor else page.offset(sa.bindparam("offset")))

    def _count_read(self, names: tuple[str, ...]) -> Read:
        return Read(self._count(names))

    def _count(self, names: tuple[str, ...]) -> sa.Select[int]:
        """Of the rows alone, without what is joined to show them."""
        rows = sa.select(sa.literal(1)).select_from(self._order.at.class_).where(*self._conditions(names))
        if self._select.whereclause is not None:
            rows = rows.where(self._select.whereclause)
        return sa.select(sa.func.count().label("total")).select_from(rows.limit(MAX_TOTAL).subquery())

    def _conditions(self, names: tuple[str, ...]) -> list[sa.ColumnElement[bool]]:
        return [self._filters[name] for name in names]


def _count(session: Session, statement: sa.Select[*tuple[Any, ...]]) -> int:
    few = statement.with_only_columns(sa.literal(1), maintain_column_froms=True).limit(MAX_TOTAL)
    return session.scalar(sa.select(sa.func.count()).select_from(few.subquery())) or 0
