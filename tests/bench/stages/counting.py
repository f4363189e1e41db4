"""The batch consumer of analytics alone, on a full queue."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from services.common.contracts.base import Envelope
from services.common.contracts.codec import instant_to_wire
from services.common.contracts.messaging import MessageReceivedV1, MessageType
from services.common.kit import clock, ids
from services.common.kit.publisher import Outgoing
from services.common.kit.topology import Subscription
from tests.bench.figures import Figure, Plan, Run, measure
from tests.bench.progress import INBOX, Watch, drain
from tests.bench.rig import Rig

_QUEUE = Subscription("messaging", MessageReceivedV1.TYPE, "analytics", "on_message_received_v1").queue
_HANDLER = "analytics.on_message_received_v1"
_PER_SECOND = 6000
_CONVERSATIONS = 20_000


def stage(rig: Rig, plan: Plan) -> Iterator[Figure]:
    """Events of one tenant with many conversations."""
    yield measure("analytics, a full queue", "events", plan.runs, lambda: _count(rig, plan))


def _count(rig: Rig, plan: Plan) -> Run:
    count = int(plan.seconds * _PER_SECOND)
    rig.workers.only()
    rig.broker.purge(_QUEUE)
    rig.broker.fill(_events(rig.tenant_id, count))
    with rig.database("analytics") as cursor:
        watch = Watch(cursor, INBOX, _HANDLER, time.time())
        return drain(rig, watch, count, lambda: rig.workers.only("analytics-events"))


def _events(tenant_id: str, count: int) -> Iterator[Outgoing]:
    conversations = [ids.new_id() for _ in range(_CONVERSATIONS)]
    for _ in range(count):
        now = clock.now()
        event = MessageReceivedV1(
            message_id=ids.new_id(),
            conversation_id=random.choice(conversations),
            contact_id=tenant_id,
            channel_id=tenant_id,
            message_type=MessageType.TEXT,
            sent_at=now,
            is_new_conversation=False,
        )
        envelope = Envelope(
            id=ids.new_id(),
            type=event.TYPE,
            occurred_at=instant_to_wire(now),
            tenant_id=tenant_id,
            source=event.SOURCE,
            correlation_id=None,
            causation_id=None,
            data=event.to_wire(),
        )
        yield Outgoing(f"{event.SOURCE}.events", event.TYPE, envelope.to_bytes(), message_id=envelope.id)
