"""Control of what exists: businesses, tokens, numbers, templates, the clock."""

from typing import Any

from tests.simulators.graph_api.businesses import Business
from tests.simulators.graph_api.steering.order import Order, UnknownReferenceError
from tests.simulators.graph_api.templates import Template
from tests.simulators.graph_api.webhooks.payloads import Change
from tests.simulators.graph_api.wire import JsonObject

NUMBER_FIELDS = {"display_phone_number", "verified_name", "quality_rating", "status", "country_code", "pin"}


async def reset(order: Order) -> JsonObject:
    """Return to an empty world in real time."""
    order.simulator.reset()
    return {"success": True}


async def read_clock(order: Order) -> JsonObject:
    """Return the simulated time."""
    clock = order.simulator.clock
    return {"now": clock.now(), "frozen": clock.frozen}


async def set_clock(order: Order) -> JsonObject:
    """Jump to `now`, move by `advance` seconds, stand still with `frozen`; `real` undoes it all."""
    clock, body = order.simulator.clock, order.body
    if body.get("real"):
        clock.reset()
    if "now" in body or "frozen" in body:
        clock.set(float(body.get("now", clock.now())), frozen=bool(body.get("frozen", clock.frozen)))
    if "advance" in body:
        clock.advance(float(body["advance"]))
    return await read_clock(order)


async def list_businesses(order: Order) -> list[JsonObject]:
    """Return every business."""
    return [business.as_json() for business in order.simulator.businesses.all()]


async def put_business(order: Order) -> JsonObject:
    """Add a business with its numbers, tokens and templates, or replace the one with that account id."""
    body = order.body
    templates = body.pop("templates", [])
    business = Business.from_control(body)
    order.simulator.businesses.put(business)
    own = order.simulator.templates.of(business.waba_id)
    order.simulator.templates.delete(own)
    for template in templates:
        order.simulator.templates.create(business.waba_id, template)
    return business.as_json()


async def change_token(order: Order) -> JsonObject:
    """Set the state (active, expired, revoked) or the permissions of a token."""
    body = order.body
    token = order.simulator.businesses.token(body.pop("token"))
    if token is None:
        raise UnknownReferenceError("no business has this token")
    if body.get("state", "active") not in {"active", "expired", "revoked"}:
        raise ValueError("state must be active, expired or revoked")
    token.state = body.get("state", token.state)
    token.permissions = body.get("permissions", token.permissions)
    return {"state": token.state, "permissions": token.permissions}


async def change_phone_number(order: Order) -> JsonObject:
    """Change what the API shows of a number; a status other than CONNECTED refuses sends."""
    _, number = order.number(order.variables[0])
    changes = order.body
    if not changes.keys() <= NUMBER_FIELDS:
        raise ValueError(f"only {sorted(NUMBER_FIELDS)} can be changed")
    for name, value in changes.items():
        setattr(number, name, value)
    return {"id": number.id, **changes}


async def review_template(order: Order) -> JsonObject:
    """Give a template a status and tell the app, as Meta does after a review."""
    template = order.simulator.templates.by_id(order.variables[0])
    if template is None:
        raise UnknownReferenceError(f"there is no template {order.variables[0]}")
    body = order.body
    template.status = str(body["status"]).upper()
    reason = body.get("reason", "NONE")
    template.rejected_reason = reason if template.status == "REJECTED" else None
    event = body.get("event", template.status)
    value = _review_value(template, event, reason)
    stamp = order.simulator.clock.stamp()
    order.simulator.dispatcher.publish(Change(template.waba_id, "message_template_status_update", value, time=stamp))
    return template.as_json()


def _review_value(template: Template, event: str, reason: str | None) -> dict[str, Any]:
    return {
        "event": event,
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
        "reason": reason,
        "message_template_category": template.category,
    }
