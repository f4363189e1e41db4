"""All recorded webhooks, in any order and any batches: nothing raises, nothing is lost, the same state results."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from services.common.kit.ids import new_id
from tests.integration.messaging.webhooks import Front, shared_bodies

BODIES = shared_bodies()
pytestmark = pytest.mark.skipif(not BODIES, reason="the recorded webhooks are not at hand")

NUMBERS = {"106540352242922": "102290129340398", "1122334455667": "1234567890987654321", "27681414235104944": "885"}


@pytest.fixture(scope="module")
def shop(front: Front) -> Front:
    """One tenant with three of the numbers in the recordings, another with one."""
    tenant, other = new_id(), new_id()
    for number, account in NUMBERS.items():
        front.connect(tenant, number, account)
    front.connect(other, "<BUSINESS_PHONE_NUMBER_ID>", "57438975935")
    return front


def batches(bodies: list[bytes], dice: random.Random) -> Iterator[list[bytes]]:
    rest = list(bodies)
    while rest:
        size = dice.choice([1, 2, 7, 40, 200])
        yield rest[:size]
        rest = rest[size:]


def test_none_raises_and_every_item_is_accounted_for(shop: Front) -> None:
    shop.wipe()
    shop.post(*BODIES)
    assert shop.value("select count(*) from webhook_events") == len({*BODIES})
    assert shop.rows("select * from webhook_items where outcome = 'FAILED'") == []
    unaccounted = shop.rows(
        "select body_hash from webhook_events e where remarks = '[]'"
        " and not exists (select from webhook_items i where i.event_id = e.id)"
        " and not exists (select from unrouted_items i where i.event_id = e.id)"
    )
    assert unaccounted == []


def test_posting_all_again_only_counts_the_repeats(shop: Front) -> None:
    shop.wipe()
    shop.post(*BODIES)
    before, events = shop.state(), shop.value("select count(*) from outbox")
    for body in reversed(BODIES):
        shop.post(body)
    shop.post(*BODIES)
    assert shop.state() == before
    assert shop.value("select count(*) from outbox") == events
    assert shop.value("select sum(repeats) from webhook_events") == 3 * len(BODIES) - len({*BODIES})


@pytest.mark.parametrize("seed", range(6))
def test_any_order_and_batching_ends_in_the_same_state(shop: Front, seed: int) -> None:
    shop.wipe()
    for body in BODIES:
        shop.post(body)
    expected = shop.state()
    dice = random.Random(seed)
    shuffled = dice.sample(BODIES, len(BODIES))
    shop.wipe()
    for batch in batches(shuffled, dice):
        shop.post(*batch)
    actual = shop.state()
    for name, rows in expected.items():
        assert actual[name] == rows, name


def test_each_message_is_told_to_the_world_once(shop: Front) -> None:
    shop.wipe()
    shop.post(*BODIES)
    shop.post(*BODIES)
    told = shop.value("select count(*) from outbox where routing_key = 'message.received.v1'")
    assert told == shop.value("select count(*) from messages where direction = 'INBOUND'")
