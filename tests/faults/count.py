"""Compares what was sent and answered with what the system says, and names every message that is not right."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from tests.faults.ledger import Ledger, Ordered, Written
from tests.faults.stored import Facts, StoredMessage, StoredOrder, Total

_UNDER_WAY = frozenset({"QUEUED", "SENDING"})


class Wrong(StrEnum):
    """The kinds of mistakes that there must be none of."""

    LOST = "LOST"
    DOUBLED = "DOUBLED"
    MISFILED = "MISFILED"
    PHANTOM = "PHANTOM"


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake, with the id to look for."""

    kind: Wrong
    id: str
    what: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted about one stretch of time."""

    sent: int
    accepted: int
    stored: int
    ordered: int
    taken: int
    sent_once: int
    uncertain: tuple[str, ...]
    slowest: float
    """The longest time from a 200 to the row in the database."""
    findings: tuple[Finding, ...]

    def of(self, kind: Wrong) -> int:
        """How many mistakes of a kind."""
        return sum(finding.count for finding in self.findings if finding.kind is kind)


def compare(ledger: Ledger, facts: Facts, before: Mapping[str, Total]) -> Count:
    """Count one stretch. `before` are the totals when it began: what they had wrong already is not its fault."""
    messages = [message for message in facts.messages if message.wamid in ledger.written]
    orders = [order for order in facts.orders if order.client_id in ledger.ordered]
    findings = [
        *_of_messages(ledger, messages),
        *_of_threads(messages),
        *_of_orders(ledger, orders, facts.sent),
        *of_totals(facts.totals, before),
    ]
    return Count(
        sent=len(ledger.written),
        accepted=len(ledger.accepted_at),
        stored=len({message.wamid for message in messages}),
        ordered=len(ledger.ordered),
        taken=len(ledger.taken),
        sent_once=sum(facts.sent.get(message_id) == 1 for message_id in ledger.taken.values()),
        uncertain=tuple(order.message_id for order in orders if order.status == "UNCERTAIN"),
        slowest=_slowest(ledger, messages),
        findings=tuple(findings),
    )


def strangers(ledger: Ledger, facts: Facts) -> list[Finding]:
    """Messages of this run that nobody sent; the ledger is that of the whole run."""
    inbound = [
        Finding(Wrong.PHANTOM, message.wamid, "is stored, but nobody wrote it")
        for message in facts.messages
        if message.wamid not in ledger.written
    ]
    outbound = [
        Finding(Wrong.PHANTOM, order.message_id, f"is there as {order.client_id}, but nobody ordered it")
        for order in facts.orders
        if order.client_id not in ledger.ordered
    ]
    return inbound + outbound


def _of_messages(ledger: Ledger, messages: list[StoredMessage]) -> Iterator[Finding]:
    stored = Counter(message.wamid for message in messages)
    for wamid in ledger.accepted_at:
        if not stored[wamid]:
            yield Finding(Wrong.LOST, wamid, "was answered 200 and is not stored")
    for wamid, times in stored.items():
        if times > 1:
            yield Finding(Wrong.DOUBLED, wamid, f"is stored {times} times", times - 1)
    for message in messages:
        wrong = _differences(ledger.written[message.wamid], message)
        if wrong:
            yield Finding(Wrong.MISFILED, message.wamid, wrong)


def _differences(written: Written, message: StoredMessage) -> str:
    number = written.number
    pairs = {
        "tenant": (number.tenant_id, message.tenant_id),
        "number": (number.phone_number_id, message.phone_number_id),
        "customer": (written.customer, message.wa_id),
        "name": (written.name, message.name),
        "text": (written.text, message.text),
    }
    return _told(pairs)


def _told(pairs: Mapping[str, tuple[str, str]]) -> str:
    return ", ".join(
        f"{part} should be {expected!r} and is {found!r}"
        for part, (expected, found) in pairs.items()
        if expected != found
    )


def _of_threads(messages: list[StoredMessage]) -> Iterator[Finding]:
    """One conversation for each person and number."""
    threads: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for message in messages:
        threads[message.tenant_id, message.phone_number_id, message.wa_id].add(message.conversation_id)
    for (_, number, customer), ids in threads.items():
        if len(ids) > 1:
            what = f"{customer} has {len(ids)} conversations with {number}"
            yield Finding(Wrong.MISFILED, min(ids), what, len(ids) - 1)


def _of_orders(ledger: Ledger, orders: list[StoredOrder], sent: Mapping[str, int]) -> Iterator[Finding]:
    stored = defaultdict(list)
    for order in orders:
        stored[order.client_id].append(order)
        wrong = _order_differences(ledger.ordered[order.client_id], order)
        if wrong:
            yield Finding(Wrong.MISFILED, order.message_id, wrong)
    for client_id, message_id in ledger.taken.items():
        yield from _of_order(message_id, stored[client_id], sent.get(message_id, 0))
    for client_id, reason in ledger.refused.items():
        yield Finding(Wrong.LOST, client_id, f"was refused: {reason}")


def _of_order(message_id: str, rows: list[StoredOrder], times: int) -> Iterator[Finding]:
    if not any(row.message_id == message_id for row in rows):
        yield Finding(Wrong.LOST, message_id, "was answered 202 and is not stored")
        return
    if len(rows) > 1:
        yield Finding(Wrong.DOUBLED, message_id, f"is stored {len(rows)} times", len(rows) - 1)
    if times > 1:
        yield Finding(Wrong.DOUBLED, message_id, f"was sent {times} times", times - 1)
    yield from _of_status(message_id, rows[0].status, times)


def _of_status(message_id: str, status: str, times: int) -> Iterator[Finding]:
    """`UNCERTAIN` is the truth about a send that was cut off, but not after the provider has told its statuses."""
    if status in _UNDER_WAY:
        yield Finding(Wrong.LOST, message_id, f"is still {status}")
    elif status == "FAILED":
        yield Finding(Wrong.LOST, message_id, "is FAILED, though the provider refuses nothing")
    elif status == "UNCERTAIN" and times:
        yield Finding(Wrong.LOST, message_id, "is UNCERTAIN, though the provider has told its statuses")
    elif status != "UNCERTAIN" and not times:
        yield Finding(Wrong.PHANTOM, message_id, f"is {status}, but the provider never got it")


def _order_differences(ordered: Ordered, order: StoredOrder) -> str:
    pairs = {
        "tenant": (ordered.number.tenant_id, order.tenant_id),
        "number": (ordered.number.phone_number_id, order.phone_number_id),
        "customer": (ordered.customer, order.wa_id),
        "text": (ordered.text, order.text),
    }
    return _told(pairs)


def of_totals(totals: Mapping[str, Total], before: Mapping[str, Total]) -> Iterator[Finding]:
    """Every message must be counted once: in its conversation, and by `analytics`."""
    for tenant_id, now in totals.items():
        was = before.get(tenant_id, Total(0, 0, 0, 0, 0))
        inbound, outbound = now.inbound - was.inbound, now.outbound - was.outbound
        yield from _off(tenant_id, "received messages by analytics", now.received - was.received, inbound)
        yield from _off(tenant_id, "queued messages by analytics", now.queued - was.queued, outbound)
        counted = now.in_conversations - was.in_conversations
        yield from _off(tenant_id, "messages by their conversations", counted, inbound + outbound)


def _off(tenant_id: str, what: str, counted: int, expected: int) -> Iterator[Finding]:
    if counted != expected:
        kind = Wrong.DOUBLED if counted > expected else Wrong.LOST
        yield Finding(kind, tenant_id, f"{expected} {what} are counted as {counted}", abs(counted - expected))


def _slowest(ledger: Ledger, messages: list[StoredMessage]) -> float:
    """From the 200 to the row; one that was stored before its 200 got through took no time."""
    waits = [
        message.created_at - ledger.accepted_at[message.wamid]
        for message in messages
        if message.wamid in ledger.accepted_at
    ]
    return max([0.0, *waits])
