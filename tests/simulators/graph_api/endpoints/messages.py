"""`POST /{phone_number_id}/messages`: sending, and marking as read."""

from tests.simulators.graph_api.businesses import MESSAGING, PhoneNumber
from tests.simulators.graph_api.call import Call
from tests.simulators.graph_api.customers import Customer
from tests.simulators.graph_api.errors import GraphError
from tests.simulators.graph_api.faults import Fault, FaultKind
from tests.simulators.graph_api.media import sendable_as
from tests.simulators.graph_api.misfortune import befall, unanswered
from tests.simulators.graph_api.records import AcceptedMessage
from tests.simulators.graph_api.simulator import Simulator
from tests.simulators.graph_api.templates import Template
from tests.simulators.graph_api.validation.content import MEDIA_TYPES
from tests.simulators.graph_api.validation.envelope import Outgoing, check_read_mark, check_send
from tests.simulators.graph_api.validation.template import check_against_template
from tests.simulators.graph_api.webhooks.payloads import new_message_id
from tests.simulators.graph_api.webhooks.statuses import Fate
from tests.simulators.graph_api.wire import Disposition, JsonObject, Response

OLDEST_TARGET_SECONDS = 30 * 24 * 3600


async def send(call: Call) -> Response:
    """Accept a message, or refuse it."""
    call.caller.require(MESSAGING)
    if call.number.status != "CONNECTED":
        raise GraphError(133010)
    body = call.json_body()
    if body is not None and "status" in body:
        return await _mark_read(call, body)
    outgoing = check_send(body)
    customer = _recipient(call, outgoing)
    template = _check_references(call, outgoing)
    references = {customer.key, customer.phone, outgoing.recipient.lstrip("+")}
    faults = call.simulator.faults.take("messages", call.node_id, references)
    if (misfortune := await befall(faults)) is not None:
        return misfortune
    call.simulator.limits.admit(call.node_id, customer.key)
    message = _accept(call, outgoing, customer, body or {})
    await call.simulator.statuses.start(message, customer, _fate(call, outgoing, customer, template, faults))
    return _answer(outgoing, customer, message, faults)


async def _mark_read(call: Call, body: JsonObject) -> Response:
    message_id = check_read_mark(body)
    if (misfortune := await befall(call.simulator.faults.take("read", call.node_id, set()))) is not None:
        return misfortune
    received = call.simulator.received.get(message_id)
    if received is None or received.phone_number_id != call.node_id or not _recent(call, received.at):
        raise GraphError(131009, "The message_id is not that of a message received in the last 30 days.")
    call.simulator.read_marks.append(
        {"message_id": message_id, "phone_number_id": call.node_id, "typing": "typing_indicator" in body}
    )
    return Response(payload={"success": True}, message_id=message_id)


def _recent(call: Call, at: float) -> bool:
    return call.simulator.clock.now() - at <= OLDEST_TARGET_SECONDS


def _recipient(call: Call, outgoing: Outgoing) -> Customer:
    customers, waba_id = call.simulator.customers, call.business.waba_id
    if outgoing.by_user_id:
        known = customers.by_user_id(waba_id, outgoing.recipient)
        return known or Customer(outgoing.recipient, "", on_whatsapp=False, user_ids={waba_id: outgoing.recipient})
    customer = customers.by_phone(_canonical(outgoing.recipient, call.number, call.simulator))
    if customer.phone == call.number.digits:
        raise GraphError(131021)
    return customer


def _canonical(recipient: str, number: PhoneNumber, simulator: Simulator) -> str:
    if simulator.prepend_country_code and not recipient.startswith(("+", number.country_code)):
        return number.country_code + recipient
    return recipient.lstrip("+")


def _check_references(call: Call, outgoing: Outgoing) -> Template | None:
    """Refuse references to what does not exist; return the template of a template message."""
    if outgoing.type == "template":
        name, language = outgoing.content["name"], outgoing.content["language"]["code"]
        template = call.simulator.templates.find(call.business.waba_id, name, language)
        check_against_template(outgoing.content, template)
        if outgoing.by_user_id and template is not None and template.sends_one_time_code:
            raise GraphError(131062)
        return template
    if outgoing.type in MEDIA_TYPES and "id" in outgoing.content:
        _check_media(call, outgoing.content["id"])
    elif outgoing.type == "reaction":
        _check_reaction_target(call, outgoing.content["message_id"])
    return None


def _check_media(call: Call, media_id: str) -> None:
    file = call.simulator.media.find(media_id)
    if file is None or file.waba_id != call.business.waba_id:
        raise GraphError(131009, f"The media id {media_id} does not exist.")


def _check_reaction_target(call: Call, message_id: str) -> None:
    target = call.simulator.received.get(message_id) or call.simulator.records.accepted.get(message_id)
    if target is None or target.phone_number_id != call.node_id or not _recent(call, target.at):
        raise GraphError(131009, "The message_id is not that of a message of the last 30 days.")


def _accept(call: Call, outgoing: Outgoing, customer: Customer, body: JsonObject) -> AcceptedMessage:
    message = AcceptedMessage(
        new_message_id(customer.phone),
        call.simulator.clock.now(),
        call.business.waba_id,
        call.node_id,
        outgoing.recipient if outgoing.by_user_id else customer.phone,
        customer.key,
        outgoing.by_user_id,
        outgoing.type,
        outgoing.text,
        outgoing.biz_opaque_callback_data,
        body,
    )
    call.simulator.records.add_accepted(message)
    return message


def _fate(call: Call, outgoing: Outgoing, customer: Customer, template: Template | None, faults: list[Fault]) -> Fate:
    """Return what will become of an accepted message."""
    simulator = call.simulator
    window_open = simulator.windows.is_open(call.node_id, customer.key)
    ordered = next((f.code for f in faults if f.kind is FaultKind.FAILED_STATUS), None)
    if ordered is not None:
        return Fate(failure=ordered)
    if not customer.on_whatsapp:
        return Fate(failure=131026)
    if template is None and not window_open:
        return Fate(failure=131047)
    if outgoing.type in MEDIA_TYPES and "id" in outgoing.content:
        file = simulator.media.find(outgoing.content["id"])
        if file is None or not sendable_as(outgoing.type, file.mime_type):
            return Fate(failure=131053)
    category = template.category.lower() if template else "service"
    now = simulator.clock.now()
    return Fate(simulator.pricing.of(call.node_id, category, window_open=window_open, at=now))


def _answer(outgoing: Outgoing, customer: Customer, message: AcceptedMessage, faults: list[Fault]) -> Response:
    severed = next((f for f in faults if f.kind in {FaultKind.CUT_AFTER_ACCEPT, FaultKind.HANG_AFTER_ACCEPT}), None)
    response = unanswered(severed) if severed is not None else Response(disposition=Disposition.SEND)
    response.message_id = message.id
    address = {"user_id": outgoing.recipient} if outgoing.by_user_id else {"wa_id": customer.phone}
    sent: JsonObject = {"id": message.id}
    if outgoing.type == "template":
        sent["message_status"] = "accepted"
    response.payload = {
        "messaging_product": "whatsapp",
        "contacts": [{"input": outgoing.input, **address}],
        "messages": [sent],
    }
    return response
