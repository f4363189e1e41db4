"""The comparison names every kind of mistake, and none where there is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.faults.count import Finding, Wrong, compare, of_totals, strangers
from tests.faults.ledger import NO_ANSWER, Answer, Ledger
from tests.faults.stored import Facts, StoredMessage, Total
from tests.unit.faults.samples import (
    HELLO,
    ORDER,
    OTHER_NUMBER,
    OTHER_TENANT,
    STORED,
    STORED_ORDER,
    TENANT,
    TOTAL,
    facts,
    ledger,
)


def _findings(told: Facts, record: Ledger | None = None) -> list[tuple[Wrong, int]]:
    counted = compare(record or ledger(), told, {})
    return [(finding.kind, finding.count) for finding in counted.findings]


def test_nothing_is_wrong_when_everything_is_there() -> None:
    counted = compare(ledger(), facts(), {})
    assert counted.findings == ()
    assert (counted.sent, counted.accepted, counted.stored) == (1, 1, 1)
    assert (counted.ordered, counted.taken, counted.sent_once) == (1, 1, 1)
    assert counted.slowest == pytest.approx(0.4)


def test_an_accepted_message_that_is_not_stored_is_lost() -> None:
    told = facts()
    told.messages = []
    assert _findings(told) == [(Wrong.LOST, 1)]


def test_a_message_whose_answer_never_came_may_be_stored_or_not() -> None:
    record = Ledger("test")
    record.post([HELLO])
    record.answered([HELLO], Answer(1.0, 11.0, NO_ANSWER))
    assert _findings(Facts(messages=[STORED]), record) == []
    assert _findings(Facts(), record) == []


def test_a_message_stored_twice_is_doubled() -> None:
    told = facts()
    told.messages = [STORED, STORED, STORED]
    assert _findings(told) == [(Wrong.DOUBLED, 2)]


@pytest.mark.parametrize(
    "changed",
    [
        STORED._replace(tenant_id=OTHER_TENANT),
        STORED._replace(phone_number_id=OTHER_NUMBER.phone_number_id),
        STORED._replace(wa_id="16502000002"),
        STORED._replace(name="Customer 2"),
        STORED._replace(text="Hallo"),
    ],
)
def test_a_message_that_is_elsewhere_or_somebody_elses_is_misfiled(changed: StoredMessage) -> None:
    told = facts()
    told.messages = [changed]
    assert _findings(told) == [(Wrong.MISFILED, 1)]


def test_a_person_with_two_conversations_on_one_number_is_misfiled() -> None:
    record, second = ledger(), replace(HELLO, wamid="wamid.F1.2")
    record.post([second])
    told = facts()
    told.messages = [STORED, STORED._replace(wamid="wamid.F1.2", conversation_id="c2")]
    assert _findings(told, record) == [(Wrong.MISFILED, 1)]


def test_what_nobody_sent_is_a_phantom() -> None:
    told = facts()
    told.messages.append(STORED._replace(wamid="wamid.F1.9"))
    told.orders.append(STORED_ORDER._replace(client_id="order-1-9", message_id="m9"))
    assert [(finding.kind, finding.id) for finding in strangers(ledger(), told)] == [
        (Wrong.PHANTOM, "wamid.F1.9"),
        (Wrong.PHANTOM, "m9"),
    ]
    assert _findings(told) == [], "they belong to another stretch until the end shows that they don't"


@pytest.mark.parametrize(
    ("status", "sent", "expected"),
    [
        ("DELIVERED", 2, [(Wrong.DOUBLED, 1)]),
        ("QUEUED", 0, [(Wrong.LOST, 1)]),
        ("SENDING", 1, [(Wrong.LOST, 1)]),
        ("SENT", 0, [(Wrong.PHANTOM, 1)]),
        ("UNCERTAIN", 0, []),
        ("UNCERTAIN", 1, [(Wrong.LOST, 1)]),
        ("FAILED", 0, [(Wrong.LOST, 1)]),
    ],
)
def test_an_order_is_sent_once_or_known_to_be_uncertain(
    status: str, sent: int, expected: list[tuple[Wrong, int]]
) -> None:
    told = facts()
    told.orders, told.sent = [STORED_ORDER._replace(status=status)], {"m1": sent}
    assert _findings(told) == expected


def test_a_taken_order_that_is_not_stored_is_lost() -> None:
    told = facts()
    told.orders = []
    assert _findings(told) == [(Wrong.LOST, 1)]


def test_an_order_stored_under_two_ids_is_doubled() -> None:
    told = facts()
    told.orders.append(STORED_ORDER._replace(message_id="m2"))
    assert _findings(told) == [(Wrong.DOUBLED, 1)]


def test_an_order_taken_under_two_ids_is_reported() -> None:
    record = ledger()
    record.order_answered(ORDER, Answer(101.0, 101.1, 202), "m2")
    assert _findings(facts(), record) == [(Wrong.LOST, 1)]


def test_an_order_of_another_tenant_is_misfiled() -> None:
    told = facts()
    told.orders = [STORED_ORDER._replace(tenant_id=OTHER_TENANT)]
    assert _findings(told) == [(Wrong.MISFILED, 1)]


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (TOTAL._replace(received=2), (Wrong.DOUBLED, 1)),
        (TOTAL._replace(received=0), (Wrong.LOST, 1)),
        (TOTAL._replace(queued=4), (Wrong.DOUBLED, 3)),
        (TOTAL._replace(in_conversations=1), (Wrong.LOST, 1)),
    ],
)
def test_a_message_counted_twice_or_not_at_all(total: Total, expected: tuple[Wrong, int]) -> None:
    assert [(finding.kind, finding.count) for finding in of_totals({TENANT: total}, {})] == [expected]


def test_what_was_off_before_is_not_counted_again() -> None:
    before = Total(inbound=10, outbound=5, in_conversations=15, received=7, queued=5)
    now = Total(inbound=12, outbound=5, in_conversations=17, received=9, queued=5)
    assert list[Finding](of_totals({TENANT: now}, {TENANT: before})) == []
