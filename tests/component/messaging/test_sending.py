"""Sending through the running service to a strict stand-in for the Graph API."""

from __future__ import annotations

from services.common.contracts.messaging import GetConversation, MessageStatus
from services.common.kit.ids import new_id
from tests.component.messaging.desk import Desk
from tests.component.services import eventually
from tests.simulators.graph_api.faults import FaultKind


def test_a_message_is_sent_once(desk: Desk) -> None:
    message = desk.queue()
    assert message.status is MessageStatus.QUEUED
    sent = desk.wait_for(message, MessageStatus.SENT)
    (accepted,) = desk.graph.control.accepted()
    assert sent.external_id == accepted.id
    assert desk.graph.control.counts().by_callback_data == {message.id: 1}


def test_a_passing_fault_is_tried_again(desk: Desk) -> None:
    desk.graph.control.add_fault(FaultKind.ERROR, code=131016, times=1)
    message = desk.queue()
    desk.wait_for(message, MessageStatus.SENT)
    assert desk.graph.control.counts().sent_twice == {}


def test_a_refusal_is_shown_with_the_providers_code(desk: Desk) -> None:
    desk.graph.control.add_fault(FaultKind.ERROR, code=131008, times=1)
    failed = desk.wait_for(desk.queue(), MessageStatus.FAILED)
    assert failed.error is not None
    assert (failed.error.code, failed.error.retryable) == ("131008", False)


def test_a_lost_answer_is_settled_by_the_status(desk: Desk) -> None:
    desk.graph.control.add_fault(FaultKind.CUT_AFTER_ACCEPT, times=1)
    message = desk.queue()
    desk.wait_for(message, MessageStatus.UNCERTAIN)
    (accepted,) = desk.graph.control.accepted()
    desk.status(accepted.id, "delivered", biz_opaque_callback_data=message.id)
    settled = desk.wait_for(message, MessageStatus.DELIVERED)
    assert settled.external_id == accepted.id
    assert desk.graph.control.counts().sent_twice == {}


def test_a_page_that_is_no_answer_leaves_it_open(desk: Desk) -> None:
    desk.graph.control.add_fault(FaultKind.SERVER_ERROR, times=1)
    desk.wait_for(desk.queue(), MessageStatus.UNCERTAIN)


def test_no_answer_in_time_leaves_it_open(desk: Desk) -> None:
    desk.graph.control.add_fault(FaultKind.HANG_AFTER_ACCEPT, times=1, seconds=3)
    message = desk.queue()
    desk.wait_for(message, MessageStatus.UNCERTAIN)
    assert desk.graph.control.counts().sent_twice == {}


def test_a_burst_into_one_conversation_keeps_its_order(desk: Desk) -> None:
    desk.graph.control.add_fault(FaultKind.ERROR, code=131016, times=1)
    messages = [desk.queue(f"number {n}") for n in range(12)]
    for message in messages:
        desk.wait_for(message, MessageStatus.SENT)
    bodies = [accepted.body["text"]["body"] for accepted in desk.graph.control.accepted()]
    assert bodies == [f"number {n}" for n in range(12)]


def test_a_template_and_buttons_pass_the_providers_checks(desk: Desk) -> None:
    parameters = [{"type": "text", "text": "Ann"}, {"type": "text", "text": "Monday"}]
    template = {
        "name": "appointment_reminder",
        "language": "en_US",
        "components": [{"type": "body", "parameters": parameters}],
    }
    buttons = {"kind": "BUTTONS", "body": "Which?", "buttons": [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]}
    rows = [{"id": "1", "title": "Ten"}, {"id": "2", "title": "Eleven", "description": "with Ann"}]
    chosen = {"kind": "LIST", "body": "When?", "buttonText": "Choose", "sections": [{"rows": rows}]}
    for kind, content in (("TEMPLATE", template), ("INTERACTIVE", buttons), ("INTERACTIVE", chosen)):
        desk.wait_for(desk.queue(type=kind, text=None, content=content), MessageStatus.SENT)


def test_the_conversation_shows_what_was_sent(desk: Desk) -> None:
    message = desk.queue(client_message_id=new_id())
    desk.wait_for(message, MessageStatus.SENT)
    detail = desk.ask(GetConversation(conversation_id=message.conversation_id))
    assert [shown.id for shown in detail.messages] == [message.id]
    eventually(
        lambda: desk.rows("select 1 from outbox where published_at is not null and tenant_id = :t", t=desk.tenant)
    )
