"""Golden samples: the wire form of every message, so that a change of it is a visible diff.

A changed file means a changed contract. Write the samples anew with `python -m tests.contracts.write_golden` and
read the diff: additions are fine, anything else needs a new version of the message.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.common.contracts.base import Event, Message
from tests.contracts.catalogue import events, label, messages, sample

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("cls", messages(), ids=label)
def test_a_message_has_its_golden_wire_form(cls: type[Message]) -> None:
    golden = json.loads((GOLDEN / f"{label(cls)}.json").read_text())
    assert sample(cls).to_wire() == golden


@pytest.mark.parametrize("cls", events(), ids=label)
def test_an_event_is_read_tolerantly(cls: type[Event]) -> None:
    wire: dict[str, Any] = {**sample(cls).to_wire(), "fieldOfTheFuture": 1}
    assert cls.from_wire(wire) == sample(cls)


def test_there_is_no_golden_sample_of_a_message_that_is_gone() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == {label(cls) for cls in messages()}
