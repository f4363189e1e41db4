"""`/{phone_number_id}` and `/{waba_id}/phone_numbers`: reading numbers, and their callback override."""

import re

from tests.simulators.graph_api.businesses import MANAGEMENT, PhoneNumber
from tests.simulators.graph_api.call import Call
from tests.simulators.graph_api.endpoints.callbacks import verified_override
from tests.simulators.graph_api.errors import GraphError
from tests.simulators.graph_api.validation.shape import Anything, Choice, Members, Text
from tests.simulators.graph_api.wire import JsonObject, Response

DEFAULT_FIELDS = ("verified_name", "display_phone_number", "quality_rating", "id")
PIN = Text(pattern=re.compile(r"\d{6}"))
UPDATE = Members(optional={"webhook_configuration": Members(open=True), "pin": PIN, "username": Text()})
REGISTRATION = Members(
    {"messaging_product": Choice(("whatsapp",)), "pin": PIN}, {"data_localization_region": Anything()}
)


async def read(call: Call) -> Response:
    """Return one number, with the fields asked for."""
    return Response(payload=_shown(call, call.number))


async def list_numbers(call: Call) -> Response:
    """Return the numbers of an account."""
    call.caller.require(MANAGEMENT)
    numbers = [_shown(call, number) for number in call.business.phone_numbers.values()]
    return Response(payload={"data": numbers, "paging": {"cursors": {"before": "MAZDZD", "after": "MAZDZD"}}})


async def update(call: Call) -> Response:
    """Set a PIN or a callback override; an empty callback URI removes the override."""
    call.caller.require(MANAGEMENT)
    body = call.parameters()
    UPDATE.check(body, "phone_number")
    configuration = body.get("webhook_configuration")
    if configuration is not None:
        wanted = configuration.get("override_callback_uri") != ""
        call.number.override = await verified_override(configuration) if wanted else None
    call.number.pin = body.get("pin", call.number.pin)
    return Response(payload={"success": True})


async def register(call: Call) -> Response:
    """Connect a number to the Cloud API."""
    call.caller.require(MANAGEMENT)
    body = call.json_body() or {}
    REGISTRATION.check(body, "registration")
    if call.number.pin not in {None, body["pin"]}:
        raise GraphError(133005)
    call.number.pin = body["pin"]
    call.number.status = "CONNECTED"
    return Response(payload={"success": True})


async def deregister(call: Call) -> Response:
    """Disconnect a number: sends are refused from now on."""
    call.caller.require(MANAGEMENT)
    call.number.status = "DISCONNECTED"
    return Response(payload={"success": True})


def _shown(call: Call, number: PhoneNumber) -> JsonObject:
    known: JsonObject = {
        "verified_name": number.verified_name,
        "display_phone_number": number.display_phone_number,
        "quality_rating": number.quality_rating,
        "id": number.id,
        "status": number.status,
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "platform_type": "CLOUD_API",
        "throughput": {"level": "STANDARD"},
        "account_mode": "LIVE",
        "webhook_configuration": _addresses(call, number),
    }
    asked = call.request.query.get("fields", "")
    names = [name.strip() for name in asked.split(",")] if asked else list(DEFAULT_FIELDS)
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        message = f"(#100) Tried accessing nonexisting field ({unknown}) on node type (WhatsAppBusinessPhoneNumber)"
        raise GraphError(100, message=message)
    return {name: known[name] for name in dict.fromkeys([*names, "id"])}


def _addresses(call: Call, number: PhoneNumber) -> JsonObject:
    addresses = {
        "phone_number": number.override.callback_uri if number.override else None,
        "whatsapp_business_account": call.business.override.callback_uri if call.business.override else None,
        "application": call.simulator.settings.webhook_url,
    }
    return {level: address for level, address in addresses.items() if address is not None}
