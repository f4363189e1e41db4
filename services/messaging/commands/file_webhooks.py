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
from services.messaging.domain.items import FAILED, IGNORED, UNKNOWN, BrokenItem, IgnoredItem, Item, UnknownItem
from services.messaging.repository.filing import Filing
from services.messaging.repository.webhooks import Arrival, Body, WebhookRepository

_MOST_BYTES = 8 * 1024 * 1024


def run(envelopes: Iterable[Envelope], uow: UnitOfWork) -> None:
    """In `SYSTEM` scope. A body that is known already counts as a repeat and changes nothing else."""
    for bodies in _portions(_bodies(envelopes)):
        _file(bodies, uow)


def _portions(bodies: Iterable[Body]) -> Iterator[list[Body]]:
    """So many bodies at once as one statement can carry: a single one may have megabytes."""
    portion: list[Body] = []
    size = 0
    for body in bodies:
        if portion and size + len(body.raw) > _MOST_BYTES:
            yield portion
            portion, size = [], 0
        portion.append(body)
        size += len(body.raw)
    if portion:
        yield portion


def _file(bodies: list[Body], uow: UnitOfWork) -> None:
    items = {body.body_hash: _items_of(body) for body in bodies}
    fresh = WebhookRepository(uow).store(bodies)
    arrivals = [
        Arrival(body.event_id, item, body.received_at)
        for body in bodies
        if body.body_hash in fresh
        for item in items[body.body_hash]
    ]
    if arrivals:
        Filing(uow).file(arrivals)


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


def _items_of(body: Body) -> list[Item]:
    """The items that some channel may be waiting for; what became of the others is remarked on the body itself."""
    items: list[Item] = []
    for item in meta_payload.parse(body.raw):
        remark = _remark(item)
        if remark is None:
            items.append(item)
        else:
            outcome, detail = remark
            body.remarks.append({"path": item.path, "kind": item.kind, "outcome": outcome, "detail": detail})
    return items


def _remark(item: Item) -> tuple[str, str] | None:
    if isinstance(item, IgnoredItem):
        return IGNORED, item.reason
    if isinstance(item, BrokenItem):
        return FAILED, item.reason
    if item.route.phone_number_id is None and not item.route.account_ids:
        reason = item.reason if isinstance(item, UnknownItem) else "It names neither number nor account."
        return UNKNOWN, reason
    return None
