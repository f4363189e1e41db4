"""The table of the control API, and the way from a request to a line of it."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.simulators.graph_api.simulator import Simulator
from tests.simulators.graph_api.steering import conditions, people, sights, webhooks, world
from tests.simulators.graph_api.steering.order import Order, UnknownReferenceError
from tests.simulators.graph_api.wire import Request, Response

Handler = Callable[[Order], Awaitable[Any]]

ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", "health"): sights.health,
    ("POST", "reset"): world.reset,
    ("GET", "clock"): world.read_clock,
    ("POST", "clock"): world.set_clock,
    ("GET", "businesses"): world.list_businesses,
    ("POST", "businesses"): world.put_business,
    ("POST", "tokens"): world.change_token,
    ("POST", "phone_numbers/*"): world.change_phone_number,
    ("POST", "templates/*"): world.review_template,
    ("GET", "customers"): people.list_customers,
    ("POST", "customers"): people.put_customer,
    ("POST", "customers/*/messages"): people.write_messages,
    ("GET", "customers/*/user_ids/*"): people.read_user_id,
    ("POST", "customers/*/number"): people.change_number,
    ("POST", "windows"): people.set_window,
    ("POST", "batches"): people.write_batch,
    ("GET", "faults"): conditions.list_faults,
    ("POST", "faults"): conditions.add_fault,
    ("DELETE", "faults"): conditions.clear_faults,
    ("DELETE", "faults/*"): conditions.clear_fault,
    ("GET", "limits"): conditions.read_limits,
    ("POST", "limits"): conditions.set_limits,
    ("POST", "behaviour"): conditions.set_behaviour,
    ("POST", "options"): conditions.set_options,
    ("POST", "statuses"): webhooks.tell_status,
    ("POST", "webhooks/settings"): webhooks.configure,
    ("POST", "webhooks/raw"): webhooks.send_raw,
    ("POST", "webhooks/verify"): webhooks.verify,
    ("POST", "webhooks/retry"): webhooks.retry_now,
    ("GET", "webhooks/attempts"): sights.attempts,
    ("GET", "calls"): sights.calls,
    ("GET", "accepted"): sights.accepted,
    ("GET", "counts"): sights.counts,
    ("GET", "read_marks"): sights.read_marks,
    ("POST", "records/reset"): sights.forget,
}


async def steer(simulator: Simulator, request: Request) -> Response:
    """Carry out a request to the control API."""
    path = request.path.removeprefix("/_control/").strip("/")
    for (method, pattern), handler in ROUTES.items():
        variables = _match(pattern, path)
        if method == request.method and variables is not None:
            return await _carry_out(handler, Order(simulator, request, variables))
    return Response(404, {"error": f"the control API has no {request.method} {path}"})


async def _carry_out(handler: Handler, order: Order) -> Response:
    try:
        return Response(payload=await handler(order))
    except UnknownReferenceError as unknown:
        return Response(404, {"error": str(unknown)})
    except (TypeError, ValueError, KeyError) as mistake:
        return Response(422, {"error": f"{type(mistake).__name__}: {mistake}"})


def _match(pattern: str, path: str) -> list[str] | None:
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    if any(w not in {"*", g} for w, g in zip(wanted, given, strict=True)):
        return None
    return [g for w, g in zip(wanted, given, strict=True) if w == "*"]
