"""Figures come out the same in whatever order, batches and number of copies the events arrive."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import eventlet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.common.contracts.base import Envelope
from services.common.contracts.messaging import MessageReceivedV1, MessageStatus
from services.common.kit import ids, inbox
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.uow import SYSTEM
from tests.integration.analytics.conftest import COUNTING, changed, overview_of, queued, received

S = MessageStatus
WAYS = [
    [S.QUEUED],
    [S.QUEUED, S.SENDING],
    [S.QUEUED, S.SENDING, S.SENT],
    [S.QUEUED, S.SENDING, S.UNCERTAIN, S.SENT, S.DELIVERED],
    [S.QUEUED, S.SENDING, S.SENT, S.DELIVERED, S.READ],
    [S.QUEUED, S.SENDING, S.SENT, S.READ],
    [S.QUEUED, S.SENDING, S.FAILED],
    [S.QUEUED, S.SENDING, S.SENT, S.FAILED],
    [S.QUEUED, S.SENDING, S.QUEUED, S.SENDING, S.SENT],
]
NOW = datetime.now(UTC)


def events_of(tenant_id: str, ways: list[list[MessageStatus]], customers: int) -> list[Envelope]:
    """Everything that is told of some messages, in order."""
    told = [received(tenant_id, NOW - timedelta(minutes=20 * number)) for number in range(customers)]
    for number, way in enumerate(ways):
        message_id, at = ids.new_id(), NOW - timedelta(hours=3 * number)
        told.append(queued(tenant_id, at, message_id))
        told += [changed(tenant_id, at, message_id, status, previous) for previous, status in pairwise(way)]
    return told


def deliver(database: Database, envelopes: list[Envelope]) -> None:
    """A batch as the consumer handles it: what the inbox knows is left out, in the transaction that counts the rest."""
    for kind, handling in COUNTING.items():
        batch = [envelope for envelope in envelopes if envelope.type == kind]
        with database.transaction(Context.new(), SYSTEM) as uow:
            fresh = inbox.claim(uow, {envelope.id for envelope in batch}, f"analytics.{kind}")
            unique = {envelope.id: envelope for envelope in batch if envelope.id in fresh}
            if unique:
                handling.run(list(unique.values()), uow)


def expect(database: Database, tenant_id: str, ways: list[list[MessageStatus]], customers: int) -> None:
    seen = overview_of(database, tenant_id)
    ends = Counter(way[-1] for way in ways)
    by_status = seen.messages_by_status
    assert (by_status.sent, by_status.delivered, by_status.read, by_status.failed) == (
        ends[S.SENT],
        ends[S.DELIVERED],
        ends[S.READ],
        ends[S.FAILED],
    )
    assert seen.overview.total_messages == len(ways) + customers
    assert seen.overview.total_conversations == len(ways) + customers
    assert sum(day.sent for day in seen.daily_activity) == len(ways)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ways=st.lists(st.sampled_from(WAYS), min_size=1, max_size=8),
    customers=st.integers(0, 4),
    seed=st.randoms(use_true_random=False),
    size=st.integers(1, 12),
)
def test_order_batches_and_copies_change_nothing(
    database: Database, ways: list[list[MessageStatus]], customers: int, seed: Random, size: int
) -> None:
    tenant_id = ids.new_id()
    told = events_of(tenant_id, ways, customers)
    arriving = told + seed.choices(told, k=len(told) // 2)
    seed.shuffle(arriving)
    for start in range(0, len(arriving), size):
        deliver(database, arriving[start : start + size])
    expect(database, tenant_id, ways, customers)


def test_outbound_figures_need_no_inbox(database: Database) -> None:
    """Each of these events may be counted again after the inbox has forgotten it."""
    tenant_id = ids.new_id()
    told = events_of(tenant_id, WAYS, 0)
    for envelope in told + told:
        with database.transaction(Context.new(), SYSTEM) as uow:
            COUNTING[envelope.type].run([envelope], uow)
    expect(database, tenant_id, WAYS, 0)


def test_batches_at_the_same_time_neither_lose_nor_lock_each_other_out(database: Database) -> None:
    random = Random(7)
    tenants = [ids.new_id() for _ in range(6)]
    ways = [random.choice(WAYS) for _ in range(30)]
    told = [envelope for tenant_id in tenants for envelope in events_of(tenant_id, ways, 10)]
    told += random.choices(told, k=len(told) // 4)
    random.shuffle(told)
    batches = [told[start : start + 40] for start in range(0, len(told), 40)]
    pool = eventlet.GreenPool(8)
    assert len(list(pool.imap(lambda batch: deliver(database, batch), batches))) == len(batches)
    for tenant_id in tenants:
        expect(database, tenant_id, ways, 10)


def test_a_received_message_is_counted_once_for_each_event(database: Database) -> None:
    tenant_id = ids.new_id()
    envelope = received(tenant_id, NOW)
    assert envelope.type == MessageReceivedV1.TYPE
    for _ in range(3):
        deliver(database, [envelope, envelope])
    assert overview_of(database, tenant_id).overview.total_messages == 1
