"""Control of how the world behaves: faults, limits, the course of statuses, options."""

from dataclasses import replace

from tests.simulators.graph_api.faults import Fault
from tests.simulators.graph_api.steering.order import Order
from tests.simulators.graph_api.wire import JsonObject

REVIEWS = {"APPROVED", "PENDING", "REJECTED"}


async def list_faults(order: Order) -> list[JsonObject]:
    """Return the faults that are still to happen."""
    return [fault.as_json() for fault in order.simulator.faults.all()]


async def add_fault(order: Order) -> JsonObject:
    """Arrange a fault."""
    return order.simulator.faults.add(Fault(**order.body)).as_json()


async def clear_faults(order: Order) -> JsonObject:
    """Clear every fault."""
    order.simulator.faults.remove()
    return {"success": True}


async def clear_fault(order: Order) -> JsonObject:
    """Clear one fault."""
    order.simulator.faults.remove(int(order.variables[0]))
    return {"success": True}


async def read_limits(order: Order) -> JsonObject:
    """Return the limits in force."""
    return order.simulator.limits.settings.as_json()


async def set_limits(order: Order) -> JsonObject:
    """Change limits; null switches one off."""
    limits = order.simulator.limits
    limits.settings = replace(limits.settings, **order.body)
    return limits.settings.as_json()


async def set_behaviour(order: Order) -> JsonObject:
    """Change how statuses follow, for a `recipient`, a `phone_number_id`, or everything."""
    body = order.body
    recipient, number_id = body.pop("recipient", None), body.pop("phone_number_id", None)
    return order.simulator.statuses.behaviours.set(body, recipient, number_id).as_json()


async def set_options(order: Order) -> JsonObject:
    """Set `prepend_country_code`, `template_review`, `lean_records`, or what the process was started with."""
    simulator, body = order.simulator, order.body
    for name in ("webhook_url", "app_secret", "verify_token"):
        if name in body:
            setattr(simulator.settings, name, body.pop(name))
    simulator.prepend_country_code = bool(body.pop("prepend_country_code", simulator.prepend_country_code))
    simulator.records.lean = bool(body.pop("lean_records", simulator.records.lean))
    review = body.pop("template_review", simulator.templates.review)
    if review not in REVIEWS or body:
        raise ValueError(f"unknown options or values: {sorted(body) or review}")
    simulator.templates.review = review
    return {
        "webhook_url": simulator.settings.webhook_url,
        "prepend_country_code": simulator.prepend_country_code,
        "template_review": review,
        "lean_records": simulator.records.lean,
    }
