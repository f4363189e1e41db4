"""A number, a customer and what the databases say when everything is right."""

from __future__ import annotations

from dataclasses import replace

from tests.faults.ledger import OK, TAKEN, Answer, Ledger, Number, Ordered, Written
from tests.faults.stored import Facts, StoredMessage, StoredOrder, Total

TENANT, OTHER_TENANT = "tenant-1", "tenant-2"
NUMBER = Number("106540352242922", "102290129340398", "15550783881", TENANT, "Demo Company")
OTHER_NUMBER = replace(NUMBER, phone_number_id="27681414235104944", tenant_id=OTHER_TENANT, tenant="Second Company")

HELLO = Written("wamid.F1.1", NUMBER, "16502000001", "Customer 1", "Hello")
ORDER = Ordered("order-1-1", NUMBER, "16502000001", "Answer 1")

STORED = StoredMessage(HELLO.wamid, TENANT, NUMBER.phone_number_id, "16502000001", "Customer 1", "Hello", "c1", 100.4)
STORED_ORDER = StoredOrder(
    ORDER.client_id, TENANT, "m1", NUMBER.phone_number_id, "16502000001", "Answer 1", "DELIVERED"
)
TOTAL = Total(inbound=1, outbound=1, in_conversations=2, received=1, queued=1)


def ledger() -> Ledger:
    """One message and one order, both taken at once."""
    made = Ledger("test")
    made.post([HELLO])
    made.answered([HELLO], Answer(99.9, 100.0, OK))
    made.order(ORDER)
    made.order_answered(ORDER, Answer(100.0, 100.1, TAKEN), "m1")
    return made


def facts() -> Facts:
    """Everything where it belongs."""
    return Facts(messages=[STORED], orders=[STORED_ORDER], totals={TENANT: TOTAL}, sent={"m1": 1})
