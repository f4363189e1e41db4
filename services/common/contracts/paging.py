"""Pages: by number for people, by cursor for programs. Deep paging by cursor costs the same as the first page."""

from __future__ import annotations

from typing import Annotated

from marshmallow import validate

from services.common.contracts.base import View
from services.common.contracts.schema import Documented

DEFAULT_LIMIT = 50
MAX_LIMIT = 100

PageNumber = Annotated[int, validate.Range(min=1, max=10_000)]
Limit = Annotated[int, validate.Range(min=1, max=MAX_LIMIT)]
Cursor = Annotated[str, validate.Length(max=500), Documented(description="`nextCursor` of the page before")]


class Pagination(View):
    """Where a page stands. By cursor, `page` is null; `total` counts the whole list up to 10,000 rows."""

    page: int | None
    limit: int
    total: int
    total_pages: int
    next_cursor: str | None = None
