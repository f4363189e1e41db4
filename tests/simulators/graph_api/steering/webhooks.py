"""Control of webhooks: how they travel, single statuses, raw bodies, the handshake."""

import base64
from dataclasses import replace

from tests.simulators.graph_api.endpoints.callbacks import shake_hands
from tests.simulators.graph_api.steering.order import Order, UnknownReferenceError
from tests.simulators.graph_api.webhooks.payloads import StatusReport
from tests.simulators.graph_api.webhooks.signature import render
from tests.simulators.graph_api.wire import JsonObject

WRONG_SIGNATURE = "sha256=" + "0" * 64


async def configure(order: Order) -> JsonObject:
    """Change copies, batching, concurrency, timeout or retries."""
    dispatcher = order.simulator.dispatcher
    dispatcher.configure(replace(dispatcher.settings, **order.body))
    return dispatcher.settings.as_json()


async def tell_status(order: Order) -> JsonObject:
    """Send one status of an accepted message: any `status`, with `code` for a failure."""
    body, simulator = order.body, order.simulator
    message = simulator.records.accepted.get(body["message_id"])
    customer = simulator.customers.find(message.recipient_key) if message else None
    if message is None or customer is None:
        raise UnknownReferenceError(f"no accepted message has the id {body['message_id']}")
    timestamp = int(body.get("timestamp", simulator.clock.stamp()))
    report = StatusReport(message, body["status"], timestamp, body.get("pricing"), body.get("code"))
    simulator.statuses.tell(customer, report)
    return {"success": True}


async def send_raw(order: Order) -> JsonObject:
    """Send a `payload`, `text` or `base64` as it is; `signature` is right, wrong, missing or a value."""
    body = order.body
    signature = {"right": None, "wrong": WRONG_SIGNATURE, "missing": ""}
    written = str(body.get("signature", "right"))
    chosen = signature.get(written, written)
    return {"delivery": order.simulator.dispatcher.send_raw(_raw_bytes(body), body.get("url"), chosen)}


async def verify(order: Order) -> JsonObject:
    """Shake hands with a callback as when it is entered in the app's dashboard."""
    body, settings = order.body, order.simulator.settings
    url = body.get("url") or settings.webhook_url
    if not url:
        raise ValueError("there is no callback URL")
    challenge = str(body.get("challenge", "1158201444"))
    token = body.get("verify_token", settings.verify_token)
    status, echoed = await shake_hands(url, token, challenge)
    return {"status": status, "body": echoed, "verified": status == 200 and echoed == challenge}


async def retry_now(order: Order) -> JsonObject:
    """Repeat at once whatever waits for a retry."""
    return {"retried": order.simulator.dispatcher.retry_now()}


def _raw_bytes(body: JsonObject) -> bytes:
    if "base64" in body:
        return base64.b64decode(body["base64"])
    return body["text"].encode() if "text" in body else render(body["payload"])
