"""What the control API shows: calls, accepted messages, counts, webhook attempts."""

from tests.simulators.graph_api.records import as_json
from tests.simulators.graph_api.steering.order import Order
from tests.simulators.graph_api.wire import JsonObject

ACCEPTED_FILTERS = ("id", "to", "phone_number_id", "biz_opaque_callback_data", "type", "text")


async def health(order: Order) -> JsonObject:
    """Return what is still under way."""
    simulator = order.simulator
    return {
        "pending_statuses": simulator.statuses.pending(),
        "pending_webhooks": simulator.dispatcher.pending(),
        "undeliverable_webhooks": simulator.dispatcher.undeliverable,
        "accepted": simulator.records.accepted_seen,
    }


async def calls(order: Order) -> list[JsonObject]:
    """Return the calls seen, filtered by `path`, `status`, `outcome`."""
    found = list(order.simulator.records.calls)
    path, status, outcome = order.query("path"), order.query("status"), order.query("outcome")
    if path is not None:
        found = [call for call in found if path in call.path]
    if status is not None:
        found = [call for call in found if str(call.status) == status]
    if outcome is not None:
        found = [call for call in found if call.outcome == outcome]
    return [as_json(call) for call in order.page(found)]


async def accepted(order: Order) -> list[JsonObject]:
    """Return accepted messages, filtered by any of ACCEPTED_FILTERS."""
    found = list(order.simulator.records.accepted.values())
    for name in ACCEPTED_FILTERS:
        wanted = order.query(name)
        if wanted is not None:
            plain = wanted.lstrip("+") if name == "to" else wanted
            found = [message for message in found if getattr(message, name) == plain]
    return [as_json(message) for message in order.page(found)]


async def counts(order: Order) -> JsonObject:
    """Return how often each callback data and each (to, text) was accepted, from `at_least` times on."""
    return order.simulator.records.counts(int(order.query("at_least") or 1))


async def attempts(order: Order) -> list[JsonObject]:
    """Return the tries to deliver webhooks; `containing` filters by a part of the body."""
    containing = order.query("containing") or ""
    found = [attempt for attempt in order.simulator.records.attempts if containing in attempt.body]
    return [as_json(attempt) for attempt in order.page(found)]


async def read_marks(order: Order) -> list[JsonObject]:
    """Return the messages that businesses marked as read."""
    return list(order.simulator.read_marks)


async def forget(order: Order) -> JsonObject:
    """Empty the records and keep the world."""
    order.simulator.records.clear()
    order.simulator.read_marks.clear()
    return {"success": True}
