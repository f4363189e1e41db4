"""What could be parsed but neither stored nor written out again is refused at the door."""

from __future__ import annotations

from typing import Any

import pytest

from services.common.contracts.errors import Invalid
from services.common.contracts.messaging import ListConversations, ListMessages, QueueMessage
from services.common.contracts.tenants import CreateSalon, UpdateSettings, UpdateTenant


def nested(depth: int) -> Any:
    value: Any = "deep"
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    ["a\x00b", {"key": "a\x00b"}, {"a\x00b": 1}, [["a\x00b"]], nested(40), nested(5_000)],
    ids=["text", "value", "key", "list", "too deep", "far too deep"],
)
def test_what_cannot_be_stored_is_refused(value: Any) -> None:
    with pytest.raises(Invalid) as caught:
        QueueMessage.from_wire({"to": "+16505551234", "content": {"field": value}})
    assert list(caught.value.details) == ["content.field.value"]


@pytest.mark.parametrize("value", [None, 1, True, nested(10), {"a": [None, {"b": 2}]}], ids=str)
def test_any_other_json_is_taken(value: Any) -> None:
    request = QueueMessage.from_wire({"to": "+16505551234", "content": {"field": value}})
    assert request.content == {"field": value}


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_an_instant_outside_of_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        ListMessages.from_wire({"from": text})
    assert list(caught.value.details) == ["from"]


def test_an_instant_keeps_its_meaning_across_zones() -> None:
    request = ListMessages.from_wire({"from": "2026-01-01T00:00:00+02:00"})
    assert request.to_wire()["from"] == "2025-12-31T22:00:00Z"


@pytest.mark.parametrize(("given", "meant"), [("true", True), ("1", True), ("false", False), (True, True)])
def test_a_flag_is_true_or_false(given: Any, meant: bool) -> None:
    assert ListConversations.from_wire({"unread": given}).unread is meant


@pytest.mark.parametrize("given", ["yes", "on", "t", 2, "", []])
def test_another_word_for_a_flag_is_refused(given: Any) -> None:
    with pytest.raises(Invalid):
        ListConversations.from_wire({"unread": given})


@pytest.mark.parametrize("field", [{"slug": "rosa\n"}, {"currency": "EUR\n"}])
def test_a_line_break_behind_a_good_value_is_refused(field: dict[str, str]) -> None:
    assert UpdateTenant.from_wire({name: value.strip() for name, value in field.items()})
    with pytest.raises(Invalid) as caught:
        UpdateTenant.from_wire(field)
    assert caught.value.details.keys() == field.keys()


@pytest.mark.parametrize("given", [15.5, "15.5", True, [15], 10**400])
def test_a_number_with_a_fraction_is_not_cut_down(given: Any) -> None:
    whole = {"name": "Rosa", "timezone": "UTC", "currency": "EUR"}
    assert CreateSalon.from_wire({**whole, "slotAlignment": 15.0}).slot_alignment == 15
    with pytest.raises(Invalid) as caught:
        CreateSalon.from_wire({**whole, "slotAlignment": given})
    assert list(caught.value.details) == ["slotAlignment"]
    with pytest.raises(Invalid):
        UpdateSettings.from_wire({"reminderTimes": [given]})
