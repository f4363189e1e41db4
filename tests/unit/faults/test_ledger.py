"""The load's own record."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.ledger import NO_ANSWER, OK, TAKEN, Answer, Ledger
from tests.unit.faults.samples import HELLO, ORDER, ledger


def test_the_first_200_counts() -> None:
    record = Ledger("test")
    for ended, status in ((1.0, 503), (2.0, OK), (3.0, OK)):
        record.post([HELLO])
        record.answered([HELLO], Answer(0.0, ended, status))
    assert record.accepted_at == {HELLO.wamid: 2.0}
    assert len(record.answers) == 3


def test_a_ledger_is_accepted_when_everything_in_it_is() -> None:
    record = ledger()
    assert record.is_accepted()
    record.post([replace(HELLO, wamid="wamid.F1.2")])
    assert not record.is_accepted()


def test_a_refused_order_waits_for_nothing() -> None:
    record = Ledger("test")
    record.order(ORDER)
    assert not record.is_accepted()
    record.refused[ORDER.client_id] = "422"
    assert record.is_accepted()


def test_repeating_an_order_must_name_the_same_message() -> None:
    record = ledger()
    record.order_answered(ORDER, Answer(1.0, 2.0, NO_ANSWER), None)
    record.order_answered(ORDER, Answer(2.0, 3.0, TAKEN), "m1")
    assert record.refused == {}
    record.order_answered(ORDER, Answer(3.0, 4.0, TAKEN), "m2")
    assert record.refused == {ORDER.client_id: "taken as m1 and then as m2"}


def test_stretches_add_up() -> None:
    whole = Ledger("all")
    whole.include(ledger())
    second = Ledger("second")
    second.post([replace(HELLO, wamid="wamid.F1.2")])
    second.answered([HELLO], Answer(500.0, 501.0, OK))
    whole.include(second)
    assert set(whole.written) == {"wamid.F1.1", "wamid.F1.2"}
    assert whole.accepted_at == {HELLO.wamid: 100.0}
    assert len(whole.answers) == 2
