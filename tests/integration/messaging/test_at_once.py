"""Several workers file webhooks at the same moment: no deadlock, nothing twice, nothing lost."""

from __future__ import annotations

import random

import eventlet
import pytest

from services.common.kit.ids import new_id
from services.messaging.commands import file_webhooks
from services.messaging.repository.statuses import wamid_lock
from tests.integration.messaging.post import queue
from tests.integration.messaging.webhooks import Front, body_of, status_of, text_of, value_of

WORKERS, CUSTOMERS, MESSAGES = 4, 4, 120


@pytest.mark.parametrize("most_bytes", [8_000_000, 1_000], ids=["one portion", "many portions"])
def test_workers_do_not_get_in_each_others_way(front: Front, monkeypatch: pytest.MonkeyPatch, most_bytes: int) -> None:
    front.wipe()
    monkeypatch.setattr(file_webhooks, "_MOST_BYTES", most_bytes)
    tenants = [new_id() for _ in range(3)]
    numbers = [new_id() for _ in tenants]
    for tenant, number in zip(tenants, numbers, strict=True):
        front.connect(tenant, number)
    dice = random.Random(7)
    bodies = []
    for n in range(MESSAGES):
        customer = n % CUSTOMERS
        who = [{"from_": f"1650555{customer:04}"}, {"from_user_id": f"US.{customer}"}]
        both = {**who[0], **who[1]}
        message = text_of(f"wamid.{n}", at=1_790_000_000 + n, **dice.choice([*who, both]))
        status = status_of(f"wamid.out.{n % 20}", dice.choice(["sent", "delivered", "read"]), at=n + 1)
        value = value_of([message], number=numbers[n % 3], statuses=[status])
        bodies.append(body_of(value, account=str(n)))
    for number in numbers:
        known = [text_of(f"wamid.last.{c}", from_=f"1650555{c:04}", from_user_id=f"US.{c}") for c in range(CUSTOMERS)]
        bodies.append(body_of(value_of(known, number=number)))

    def work(seed: int) -> None:
        mine = random.Random(seed).sample(bodies, len(bodies))
        for start in range(0, len(mine), 9):
            front.post(*mine[start : start + 9])
            queue(front, tenants[seed % 3], to=f"+1650555{start % CUSTOMERS:04}", clientMessageId=f"{seed % 2}.{start}")

    threads = [eventlet.spawn(work, seed) for seed in range(WORKERS)]
    for thread in threads:
        thread.wait()
    assert front.value("select count(*) from messages where direction = 'INBOUND'") == MESSAGES + CUSTOMERS * 3
    assert front.value("select count(*) from contacts") == CUSTOMERS * 3
    assert front.value("select count(*) from conversations") == CUSTOMERS * 3
    assert front.value("select sum(repeats) from webhook_events") == (WORKERS - 1) * len(bodies)
    wrong = front.rows(
        "select v.message_count, count(m.id) from conversations v left join messages m on m.conversation_id = v.id"
        " group by v.id, v.message_count having v.message_count <> count(m.id)"
    )
    assert wrong == []


def test_a_flood_of_statuses_takes_few_locks() -> None:
    assert len({wamid_lock(("channel", f"wamid.{n}")) for n in range(20_000)}) == 256
