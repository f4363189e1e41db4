"""The values of webhooks: inbound messages, statuses, system messages, as v26.0 shapes them."""

import base64
import secrets
from dataclasses import dataclass
from typing import Any

from tests.simulators.graph_api.businesses import Business, PhoneNumber
from tests.simulators.graph_api.customers import Customer
from tests.simulators.graph_api.errors import status_error
from tests.simulators.graph_api.records import AcceptedMessage
from tests.simulators.graph_api.wire import JsonObject

MESSAGES = "messages"


@dataclass(frozen=True, slots=True)
class Change:
    """One element of `changes`, with what is needed to address it; `time` only on account fields."""

    waba_id: str
    field: str
    value: JsonObject
    phone_number_id: str | None = None
    time: int | None = None


def new_message_id(phone: str) -> str:
    """Return a message id; as with Meta's, its base64 holds the person's phone number."""
    digits = phone.encode()
    unique = secrets.token_hex(9).upper().encode()
    packed = b"\x1c" + bytes([24, len(digits)]) + digits + b"\x15\x02\x00\x11\x18\x12" + unique + b"\x00"
    return "wamid." + base64.b64encode(packed).decode()


def message_value(number: PhoneNumber, **parts: object) -> JsonObject:
    """Return a `value` of the field messages."""
    metadata = {"display_phone_number": number.digits, "phone_number_id": number.id}
    return {"messaging_product": "whatsapp", "metadata": metadata, **parts}


def contact(customer: Customer, waba_id: str, *, show_phone: bool, show_username: bool) -> JsonObject:
    """Return an element of `contacts`."""
    profile = {"name": customer.name or customer.username or customer.phone}
    if show_username and customer.username:
        profile["username"] = customer.username
    shown: JsonObject = {"profile": profile}
    if show_phone:
        shown["wa_id"] = customer.phone
    shown["user_id"] = customer.user_id(waba_id)
    return shown


def inbound_message(customer: Customer, waba_id: str, content: JsonObject, timestamp: int) -> JsonObject:
    """Return an element of `messages`; `content` has the type, its body and any extras."""
    message: JsonObject = {}
    if not customer.phone_hidden:
        message["from"] = customer.phone
    message["from_user_id"] = customer.user_id(waba_id)
    message["id"] = new_message_id(customer.phone)
    message["timestamp"] = str(timestamp)
    message.update(content)
    if isinstance(message.get("text"), str):
        message["text"] = {"body": message["text"]}
    message.setdefault("type", "text")
    return message


def inbound_change(business: Business, number: PhoneNumber, customer: Customer, messages: list[JsonObject]) -> Change:
    """Return the change that carries a person's messages."""
    shown = contact(customer, business.waba_id, show_phone=not customer.phone_hidden, show_username=True)
    return Change(business.waba_id, MESSAGES, message_value(number, contacts=[shown], messages=messages), number.id)


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What a status webhook is about."""

    message: AcceptedMessage
    status: str
    timestamp: int
    pricing: JsonObject | None = None
    failure: int | None = None


def status_change(business: Business, number: PhoneNumber, customer: Customer, report: StatusReport) -> Change:
    """Return the change that carries one status."""
    message = report.message
    failed = report.failure is not None
    show_phone = not (message.by_user_id and customer.phone_hidden)
    status: JsonObject = {"id": message.id, "status": report.status, "timestamp": str(report.timestamp)}
    if show_phone:
        status["recipient_id"] = customer.phone
    if message.by_user_id or not failed:
        status["recipient_user_id"] = customer.user_id(business.waba_id)
    if message.biz_opaque_callback_data is not None:
        status["biz_opaque_callback_data"] = message.biz_opaque_callback_data
    if report.pricing is not None:
        status["pricing"] = report.pricing
    parts: dict[str, Any] = {"statuses": [status]}
    if report.failure is not None:
        status["errors"] = [status_error(report.failure)]
    else:
        named = report.status in {"delivered", "read"}
        shown = contact(customer, business.waba_id, show_phone=show_phone, show_username=named)
        parts = {"contacts": [shown], **parts}
    return Change(business.waba_id, MESSAGES, message_value(number, **parts), number.id)


def number_change_message(customer: Customer, waba_id: str, before: "Identity", timestamp: int) -> JsonObject:
    """Return the system message about a new phone number, or a new user id when the phone is hidden."""
    after = customer.user_id(waba_id)
    name = customer.name or "User"
    system: JsonObject = {"user_id": after, "previous_user_id": before.user_id}
    message: JsonObject = {
        "id": new_message_id(customer.phone),
        "timestamp": str(timestamp),
        "type": "system",
        "system": system,
    }
    if customer.phone_hidden:
        system["body"] = f"User {name} changed from {before.user_id} to {after}"
        system["type"] = "user_changed_user_id"
        return message
    system["body"] = f"User {name} changed from {before.phone} to {customer.phone}"
    system["wa_id"] = customer.phone
    system["type"] = "user_changed_number"
    return {"from": before.phone, "from_user_id": before.user_id, **message}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a person was known by before a change."""

    phone: str
    user_id: str
