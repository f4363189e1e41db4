"""Which confirm belongs to which message."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import amqp
import pytest

from services.common.kit.publisher import BusUnavailable, ConfirmedPublisher, Outcome, Outgoing, Unroutable

CONFIRMED, UNROUTABLE, UNAVAILABLE = Outcome.CONFIRMED, Outcome.UNROUTABLE, Outcome.UNAVAILABLE


class Channel:
    """Notes what is sent; the test plays the broker once everything is out."""

    connection = SimpleNamespace(_transport=None)

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.events: dict[str, set[Any]] = {"basic_ack": set(), "basic_nack": set(), "basic_return": set()}

    def confirm_select(self) -> None:
        """Yes."""

    def send_method(self, _method: Any, _format: str, _arguments: tuple[Any, ...], message: Any) -> None:
        self.sent.append(message)

    def tell(self, event: str, *arguments: Any) -> None:
        for callback in self.events[event]:
            callback(*arguments)


class Link:
    """A link on which the broker answers in the moment of sending."""

    up = True
    frames_heard = 0

    def __init__(self, publisher: ConfirmedPublisher, answers: list[tuple[Any, ...]]) -> None:
        self.channel = Channel()
        self._answers = answers
        publisher._prepare(self.channel)

    def send(self, write: Any, _patience: float) -> None:
        write(self.channel)
        for event, *arguments in self._answers:
            self.channel.tell(event, *arguments)

    def drop(self) -> None:
        """Nobody there."""


def _outcomes(messages: list[Outgoing], *answers: tuple[Any, ...]) -> list[Outcome]:
    publisher = ConfirmedPublisher("amqp://nowhere")
    publisher._link = Link(publisher, list(answers))  # type: ignore[assignment]  # a stand-in
    return publisher.publish_many(messages, timeout=0.01)


def _messages(count: int) -> list[Outgoing]:
    return [Outgoing("x", "key", b"{}", message_id=str(number)) for number in range(count)]


def _returned(message_id: str) -> tuple[Any, ...]:
    return ("basic_return", None, "x", "key", amqp.Message(b"{}", message_id=message_id))


def test_one_confirm_may_cover_many() -> None:
    assert _outcomes(_messages(3), ("basic_ack", 3, True)) == [CONFIRMED] * 3


def test_confirms_may_come_out_of_order() -> None:
    answers = [("basic_ack", 2, False), ("basic_nack", 1, False), ("basic_ack", 4, True)]
    assert _outcomes(_messages(4), *answers) == [UNAVAILABLE, CONFIRMED, CONFIRMED, CONFIRMED]


def test_a_returned_message_is_not_delivered_though_it_is_confirmed() -> None:
    assert _outcomes(_messages(3), _returned("1"), ("basic_ack", 3, True)) == [CONFIRMED, UNROUTABLE, CONFIRMED]


def test_the_same_message_twice_is_returned_twice() -> None:
    twice = _messages(1) * 2
    assert _outcomes(twice, _returned("0"), _returned("0"), ("basic_ack", 2, True)) == [UNROUTABLE] * 2


def test_what_is_not_confirmed_in_time_is_not_known_to_be_published() -> None:
    assert _outcomes(_messages(2), ("basic_ack", 1, False)) == [CONFIRMED, UNAVAILABLE]


def test_nothing_to_publish_needs_no_broker() -> None:
    assert ConfirmedPublisher("amqp://nowhere").publish_many([]) == []


def test_publishing_one_raises_what_happened() -> None:
    publisher = ConfirmedPublisher("amqp://nowhere")
    publisher._link = Link(publisher, [_returned("0"), ("basic_ack", 1, False)])  # type: ignore[assignment]
    with pytest.raises(Unroutable):
        publisher.publish(_messages(1)[0], timeout=0.01)
    publisher._link = Link(publisher, [("basic_nack", 1, False)])  # type: ignore[assignment]
    with pytest.raises(BusUnavailable):
        publisher.publish(_messages(1)[0], timeout=0.01)
