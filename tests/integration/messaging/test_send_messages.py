"""A message on its way out: sent once, in order, and the truth about it in the end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.common.contracts.messaging import GetMessage, Message, MessageStatus
from services.common.kit.context import Context
from services.common.kit.ids import new_id
from services.common.kit.uow import TENANT
from services.messaging import queries
from services.messaging.domain.delivery import Answer, Verdict
from tests.integration.messaging.post import Scripted, accepted, queue, sealed, send
from tests.integration.messaging.webhooks import Front, body_of, status_of, text_of, value_of

LOST = Answer(Verdict.UNCERTAIN, code="answer_lost", message="lost")
BUSY = Answer(Verdict.RETRY, code="131016", message="busy")
REFUSED = Answer(Verdict.REFUSED, code="131008", message="missing parameter")


class Line:
    """A tenant with one channel that can send."""

    def __init__(self, front: Front) -> None:
        self.front, self.tenant, self.channel, self.number = front, new_id(), new_id(), new_id()
        front.connect(self.tenant, self.number, channel_id=self.channel, credentials=sealed(self.tenant, self.channel))

    def queue(self, **request: object) -> Message:
        return queue(self.front, self.tenant, **request)

    def send(self, message: Message, sender: Scripted, **more: Any) -> float | None:
        return send(self.front, self.tenant, message.id, sender, **more)

    def get(self, message: Message) -> Message:
        with self.front.database.transaction(Context.new(tenant_id=self.tenant), TENANT, read_only=True) as uow:
            return queries.get_message(GetMessage(message_id=message.id), uow)

    def tell(self, wamid: str, status: str, **more: Any) -> None:
        self.front.post(body_of(value_of(number=self.number, statuses=[status_of(wamid, status, **more)])))

    def make_due(self) -> None:
        """As if the waiting were over."""
        self.front.rows(
            "update messages set claimed_until = claimed_until - interval '1 hour'"
            " where tenant_id = :tenant returning 1",
            tenant=self.tenant,
        )

    def told(self, message: Message) -> list[str]:
        """The steps that the world has heard of."""
        rows = self.front.rows(
            "select (payload::jsonb)->'data'->>'status' from outbox where routing_key = 'message.status_changed.v1'"
            " and (payload::jsonb)->'data'->>'messageId' = :id order by id",
            id=message.id,
        )
        return [row[0] for row in rows]


@pytest.fixture
def line(front: Front) -> Line:
    return Line(front)


def test_an_accepted_message_is_sent_and_has_the_providers_id(line: Line) -> None:
    message, sender = line.queue(), Scripted(accepted("wamid.1"))
    assert message.status is MessageStatus.QUEUED
    assert line.send(message, sender) is None
    shown = line.get(message)
    assert (shown.status, shown.external_id, shown.error) == (MessageStatus.SENT, "wamid.1", None)
    assert [step.status for step in shown.status_history] == ["QUEUED", "SENDING", "SENT"]
    assert (shown.to, sender.sent[0].wa_id, sender.sent[0].content) == (
        "+16505551234",
        "16505551234",
        {"text": "hello"},
    )


def test_the_same_event_again_sends_nothing(line: Line) -> None:
    message, sender = line.queue(), Scripted()
    line.send(message, sender)
    line.send(message, sender)
    assert len(sender.sent) == 1


def test_a_passing_fault_is_tried_three_times_and_then_final(line: Line) -> None:
    message, sender = line.queue(), Scripted(BUSY, BUSY, BUSY)
    for _ in range(2):
        assert (line.send(message, sender) or 0) > 0
        assert line.get(message).status is MessageStatus.QUEUED
        line.make_due()
    assert line.send(message, sender) is None
    shown = line.get(message)
    assert shown.status is MessageStatus.FAILED
    assert shown.error is not None
    assert (shown.error.code, shown.error.retryable, len(sender.sent)) == ("131016", True, 3)
    assert line.told(message) == ["FAILED"]


def test_a_message_waits_for_its_next_attempt(line: Line) -> None:
    message, sender = line.queue(), Scripted(BUSY)
    assert (line.send(message, sender) or 0) > 1
    assert (line.send(message, sender) or 0) > 1
    assert len(sender.sent) == 1
    line.make_due()
    line.send(message, sender)
    assert line.get(message).status is MessageStatus.SENT


def test_a_refusal_is_final(line: Line) -> None:
    message = line.queue()
    line.send(message, Scripted(REFUSED))
    assert line.get(message).status is MessageStatus.FAILED
    assert line.told(message) == ["FAILED"]


def test_a_lost_answer_is_not_repeated_and_settled_by_the_status(line: Line) -> None:
    message, sender = line.queue(), Scripted(LOST)
    line.send(message, sender)
    line.send(message, sender)
    assert (line.get(message).status, len(sender.sent)) == (MessageStatus.UNCERTAIN, 1)
    line.tell("wamid.lost", "delivered", biz_opaque_callback_data=message.id)
    shown = line.get(message)
    assert (shown.status, shown.external_id) == (MessageStatus.DELIVERED, "wamid.lost")
    line.tell("wamid.lost", "sent")
    assert line.get(message).status is MessageStatus.DELIVERED
    assert line.told(message) == ["UNCERTAIN", "DELIVERED"]


@pytest.mark.parametrize("with_our_id", [True, False])
def test_a_status_may_come_before_the_answer(line: Line, *, with_our_id: bool) -> None:
    message = line.queue()
    more = {"biz_opaque_callback_data": message.id} if with_our_id else {}
    sender = Scripted(accepted("wamid.early"), during=lambda _: line.tell("wamid.early", "read", **more))
    line.send(message, sender)
    shown = line.get(message)
    assert (shown.status, shown.external_id) == (MessageStatus.READ, "wamid.early")


def test_a_status_shows_that_an_attempt_to_be_repeated_had_arrived(line: Line) -> None:
    message, sender = line.queue(), Scripted(BUSY)
    line.send(message, sender)
    line.tell("wamid.x", "sent", biz_opaque_callback_data=message.id)
    line.make_due()
    assert line.send(message, sender) is None
    assert (line.get(message).status, len(sender.sent)) == (MessageStatus.SENT, 1)


def test_a_worker_that_died_leaves_an_uncertain_message(line: Line) -> None:
    def die(_letter: object) -> None:
        raise KeyboardInterrupt

    message = line.queue()
    with pytest.raises(KeyboardInterrupt):
        line.send(message, Scripted(during=die))
    second = Scripted()
    # Soon, and not only when the lease is over: the worker may just be slow.
    assert 1.0 <= (line.send(message, second) or 0) < 10
    line.make_due()
    line.send(message, second)
    assert (line.get(message).status, second.sent) == (MessageStatus.UNCERTAIN, [])


def test_messages_of_a_conversation_leave_in_their_order(line: Line) -> None:
    first, second, third = (line.queue(text=words) for words in ("one", "two", "three"))
    sender = Scripted()
    line.send(third, sender)
    assert [letter.content["text"] for letter in sender.sent] == ["one", "two", "three"]
    assert {line.get(message).status for message in (first, second, third)} == {MessageStatus.SENT}


def test_a_message_waits_for_an_earlier_one_but_not_for_a_failed_one(line: Line) -> None:
    first, second = line.queue(text="one"), line.queue(text="two")
    sender = Scripted(BUSY, REFUSED)
    assert (line.send(second, sender) or 0) > 1
    assert [letter.content["text"] for letter in sender.sent] == ["one"]
    line.make_due()
    line.send(second, sender)
    assert [line.get(message).status for message in (first, second)] == [MessageStatus.FAILED, MessageStatus.SENT]


def test_an_earlier_one_that_is_just_being_sent_is_waited_for_shortly(line: Line) -> None:
    first, second = line.queue(text="one"), line.queue(text="two")
    meanwhile, waits = Scripted(), list[float | None]()
    line.send(first, Scripted(during=lambda _: waits.append(line.send(second, meanwhile))))
    assert (waits, meanwhile.sent) == ([1.0], [])
    assert line.send(second, meanwhile) is None
    assert [letter.content["text"] for letter in meanwhile.sent] == ["two"]


def test_other_conversations_do_not_wait(line: Line) -> None:
    line.queue(text="one")
    other, sender = line.queue(to="+491701234567", text="two"), Scripted()
    line.send(other, sender)
    assert [letter.content["text"] for letter in sender.sent] == ["two"]


def test_a_channel_without_credentials_refuses(front: Front) -> None:
    tenant, number = new_id(), new_id()
    front.connect(tenant, number)
    message = queue(front, tenant)
    assert send(front, tenant, message.id, Scripted(), lease=timedelta(seconds=1)) is None
    assert front.value("select error->>'code' from messages where id = :id", id=message.id) == "channel_disconnected"


def test_a_failure_told_later_outweighs_sent_but_not_delivered(line: Line) -> None:
    message = line.queue()
    line.send(message, Scripted(accepted("wamid.f")))
    line.tell("wamid.f", "failed", errors=[{"code": 131047, "title": "Re-engagement message"}])
    shown = line.get(message)
    assert shown.error is not None
    assert (shown.status, shown.error.code) == (MessageStatus.FAILED, "131047")
    line.tell("wamid.f", "sent")
    assert line.get(message).status is MessageStatus.FAILED
    line.tell("wamid.f", "delivered")
    assert line.get(message).status is MessageStatus.DELIVERED


def test_the_error_is_that_of_the_last_attempt(line: Line) -> None:
    message = line.queue()
    for answer, code in ((BUSY, "131016"), (REFUSED, "131008")):
        line.send(message, Scripted(answer))
        shown = line.get(message).error
        assert shown is not None
        assert shown.code == code
        line.make_due()


@pytest.mark.parametrize("status", ["sent", "delivered", "read"])
@pytest.mark.parametrize("before_the_answer", [True, False])
def test_a_lost_answer_is_no_error_of_a_message_that_arrived(
    line: Line, status: str, *, before_the_answer: bool
) -> None:
    message = line.queue()

    def tell(_letter: object = None) -> None:
        line.tell(f"wamid.{message.id}", status, biz_opaque_callback_data=message.id)

    line.send(message, Scripted(LOST, during=tell if before_the_answer else lambda _: None))
    if not before_the_answer:
        assert line.get(message).error is not None
        tell()
    shown = line.get(message)
    assert (shown.status, shown.error) == (status.upper(), None)


def test_a_failure_that_was_told_outweighs_the_lost_answer(line: Line) -> None:
    message = line.queue()
    errors = [{"code": 131047, "title": "Re-engagement message"}]
    callback = {"biz_opaque_callback_data": message.id, "errors": errors}
    line.send(message, Scripted(LOST, during=lambda _: line.tell("wamid.told", "failed", **callback)))
    shown = line.get(message)
    assert shown.error is not None
    assert (shown.status, shown.error.code) == (MessageStatus.FAILED, "131047")


def test_an_echo_that_came_before_the_answer_becomes_the_message(line: Line) -> None:
    message = line.queue()
    echo = text_of("wamid.echo", to="16505551234") | {"from": "15550783881"}
    value = value_of(number=line.number) | {"message_echoes": [echo]}
    body = body_of(value, field="smb_message_echoes")
    line.send(message, Scripted(accepted("wamid.echo"), during=lambda _: line.front.post(body)))
    line.tell("wamid.echo", "read")
    shown = line.get(message)
    assert (shown.status, shown.external_id) == (MessageStatus.READ, "wamid.echo")
    rows = line.front.rows(
        "select message_count, (select count(*) from messages m where m.conversation_id = c.id) from conversations c"
        " where tenant_id = :tenant",
        tenant=line.tenant,
    )
    assert [tuple(row) for row in rows] == [(1, 1)]


def test_a_process_that_is_to_end_pauses_between_two_messages(line: Line) -> None:
    messages, sender = [line.queue(text=words) for words in ("one", "two", "three")], Scripted()
    wait = line.send(messages[-1], sender, is_stopping=lambda: bool(sender.sent))
    assert wait is not None
    assert [letter.content["text"] for letter in sender.sent] == ["one"]
    assert line.send(messages[-1], sender) is None
    assert len(sender.sent) == len(messages)
