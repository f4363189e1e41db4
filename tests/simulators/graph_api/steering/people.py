"""Control of customers: who they are, what they write, which windows are open."""

from tests.simulators.graph_api.businesses import Business, PhoneNumber
from tests.simulators.graph_api.customers import Customer
from tests.simulators.graph_api.steering.order import Order, UnknownReferenceError
from tests.simulators.graph_api.webhooks.payloads import (
    MESSAGES,
    Change,
    Identity,
    message_value,
    number_change_message,
)
from tests.simulators.graph_api.wire import JsonObject


async def list_customers(order: Order) -> list[JsonObject]:
    """Return everybody."""
    return [customer.as_json() for customer in order.simulator.customers.all()]


async def put_customer(order: Order) -> JsonObject:
    """Declare a person, or change one."""
    return order.simulator.customers.put(order.body).as_json()


async def read_user_id(order: Order) -> JsonObject:
    """Return by which id an account knows a person."""
    reference, waba_id = order.variables
    return {"user_id": order.customer(reference).user_id(waba_id)}


async def write_messages(order: Order) -> JsonObject:
    """Let a person write: one message, or `messages` in one webhook; `copies` repeats the webhook."""
    body = order.body
    business, number = order.number(body.pop("phone_number_id"))
    customer = order.customer(order.variables[0])
    copies = int(body.pop("copies", 1))
    contents = body.pop("messages", None) or [body]
    change, ids = _receive(order, business, number, customer, contents)
    for _ in range(copies):
        order.simulator.dispatcher.publish(change)
    return {"message_ids": ids}


async def write_batch(order: Order) -> JsonObject:
    """Let several people write, to several businesses if need be, in one POST to each address."""
    changes: list[Change] = []
    ids: list[str] = []
    for entry in order.body["items"]:
        item = dict(entry)
        business, number = order.number(item.pop("phone_number_id"))
        customer = order.customer(item.pop("customer"))
        contents = item.pop("messages", None) or [item]
        change, new_ids = _receive(order, business, number, customer, contents)
        changes.append(change)
        ids += new_ids
    order.simulator.dispatcher.publish_together(changes)
    return {"message_ids": ids}


async def change_number(order: Order) -> JsonObject:
    """Give a person a new phone; every business they wrote to is told by a system message."""
    customer = order.simulator.customers.find(order.variables[0])
    if customer is None:
        raise UnknownReferenceError(f"there is no customer {order.variables[0]}")
    told = [order.number(number_id) for number_id in order.simulator.windows.numbers_known_to(customer.key)]
    before = {b.waba_id: Identity(customer.phone, customer.user_id(b.waba_id)) for b, _ in told}
    order.simulator.customers.change_number(customer, order.body["phone"])
    for business, number in told:
        stamp = order.simulator.clock.stamp()
        message = number_change_message(customer, business.waba_id, before[business.waba_id], stamp)
        value = message_value(number, messages=[message])
        order.simulator.dispatcher.publish(Change(business.waba_id, MESSAGES, value, number.id))
    return customer.as_json()


async def set_window(order: Order) -> JsonObject:
    """Open or close the window between a number and a person without a message."""
    body = order.body
    _, number = order.number(body["phone_number_id"])
    customer = order.customer(body["customer"])
    if body.get("open", True):
        order.simulator.windows.open(number.id, customer.key)
    else:
        order.simulator.windows.close(number.id, customer.key)
    return {"open": order.simulator.windows.is_open(number.id, customer.key)}


def _receive(
    order: Order, business: Business, number: PhoneNumber, customer: Customer, contents: list[JsonObject]
) -> tuple[Change, list[str]]:
    prepared = [_with_media(order, business, content) for content in contents]
    return order.simulator.receive(business, number, customer, prepared)


def _with_media(order: Order, business: Business, content: JsonObject) -> JsonObject:
    """Return a message whose `content_base64` has become a media file."""
    kind = content.get("type", "text")
    body = content.get(kind)
    if not isinstance(body, dict) or "content_base64" not in body:
        return content
    described = order.simulator.media.store_inbound(business.waba_id, body, order.base_url)
    return {**content, kind: described}
