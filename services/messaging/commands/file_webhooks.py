"""Store the bodies of webhooks, each once, and file every item in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256

from services.common.contracts.base import Envelope
from services.common.contracts.gateway import WebhookReceivedV1
from services.common.kit.ids import new_id
from services.common.kit.uow import UnitOfWork
from services.messaging.adapters import meta_payload
from services.messaging.domain.items import remark_of
from services.messaging.repository.filing import Filing
from services.messaging.repository.webhooks import Arrival, Body, Remark, WebhookRepository

_MOST_BYTES = 8 * 1024 * 1024


def run(envelopes: Iterable[Envelope], uow: UnitOfWork) -> None:
    """In `SYSTEM` scope. A body that is known already counts as a repeat and changes nothing else."""
    webhooks = WebhookRepository(uow)
    filed = []
    for portion in [[(body, _arrivals(body)) for body in bodies] for bodies in _portions(_bodies(envelopes))]:
        fresh = webhooks.store(body for body, _ in portion)
        filed.append([arrival for body, found in portion if body.body_hash in fresh for arrival in found])
    Filing(uow).file(*filed)


def _portions(bodies: Iterable[Body]) -> Iterator[list[Body]]:
    """So many bodies at once as one statement can carry: a single one may have megabytes.

    In the order of their hashes from the first portion to the last: whoever stores the same ones at the same time waits
    instead of locking each other out.
    """
    portion: list[Body] = []
    size = 0
    for body in sorted(bodies, key=lambda body: body.body_hash):
        if portion and size + len(body.raw) > _MOST_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(body)
        size += len(body.raw)
    if portion:
        yield portion


def _bodies(envelopes: Iterable[Envelope]) -> list[Body]:
    """Each different body once, in the order of arrival."""
    bodies: dict[str, Body] = {}
    for envelope in envelopes:
        event = WebhookReceivedV1.from_wire(envelope.data)
        raw = event.raw()
        body_hash = sha256(raw).hexdigest()
        if body_hash in bodies:
            bodies[body_hash].repeats += 1
        else:
            received_at = datetime.fromisoformat(envelope.occurred_at)
            bodies[body_hash] = Body(new_id(), body_hash, str(event.provider), raw, received_at)
    return list(bodies.values())


def _arrivals(body: Body) -> list[Arrival]:
    """The items that some channel may be waiting for; what became of the others is remarked on the body itself."""
    arrivals = []
    for item in meta_payload.parse(body.raw):
        remark = remark_of(item)
        if remark is None:
            arrivals.append(Arrival(body.event_id, item, body.received_at))
        else:
            body.remarks.append(Remark(item.path, item.kind, *remark)._asdict())
    return arrivals
