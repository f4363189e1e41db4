"""Cursors: what is written is read back, and nothing else is taken for one."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.contracts.errors import Invalid
from services.common.kit import ids
from services.common.kit.paging import Position


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_is_read_back(at: datetime, row_id: object) -> None:
    position = Position(at, str(row_id))
    cursor = position.to_cursor()
    assert Position.from_cursor(cursor) == position
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.text(max_size=100))
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        Position.from_cursor(text)
    assert set(caught.value.details) == {"cursor"}


ROW_ID = ids.new_id()


@pytest.mark.parametrize("plain", ["1", f"1.{ROW_ID}.2", "1.not-an-id", f"x.{ROW_ID}", f"{'9' * 40}.{ROW_ID}"])
def test_a_made_up_position_is_refused(plain: str) -> None:
    with pytest.raises(Invalid):
        Position.from_cursor(base64.urlsafe_b64encode(plain.encode()).decode())
