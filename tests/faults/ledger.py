"""What was sent, what was answered and when: the record that the databases are compared with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

OK, TAKEN, NO_ANSWER = 200, 202, 0


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a business, and whose it is."""

    phone_number_id: str
    waba_id: str
    display: str
    tenant_id: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Written:
    """One message of a customer."""

    wamid: str
    number: Number
    customer: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Ordered:
    """One message that a business wants sent."""

    client_id: str
    number: Number
    customer: str
    text: str
    copies: int = 1
    """How often it is ordered with the same key, each until it is taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One try over HTTP, by the clock of the wall. `NO_ANSWER`: the connection broke, or time ran out."""

    began: float
    ended: float
    status: int

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def is_good(self) -> bool:
        """Whether it was taken."""
        return self.status in {OK, TAKEN}


@dataclass(slots=True)
class Ledger:
    """The load's own account of one stretch of time."""

    name: str
    written: dict[str, Written] = field(default_factory=dict)
    accepted_at: dict[str, float] = field(default_factory=dict)
    """When the first 200 came for a body with this message."""
    answers: list[Answer] = field(default_factory=list)
    ordered: dict[str, Ordered] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    """Client id → the id that came with the 202."""
    order_answers: list[Answer] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """What was answered with something that no repetition would change."""

    def post(self, messages: Iterable[Written]) -> None:
        """A body with these messages goes out, perhaps not for the first time."""
        for message in messages:
            self.written.setdefault(message.wamid, message)

    def answered(self, messages: Iterable[Written], answer: Answer) -> None:
        """Note what became of one try."""
        self.answers.append(answer)
        if answer.status == OK:
            for message in messages:
                self.accepted_at.setdefault(message.wamid, answer.ended)

    def order(self, order: Ordered) -> None:
        """A send is asked for."""
        self.ordered[order.client_id] = order

    def order_answered(self, order: Ordered, answer: Answer, message_id: str | None) -> None:
        """Note what became of one try; repeating it after a 202 must name the same message."""
        self.order_answers.append(answer)
        if message_id is None:
            return
        first = self.taken.setdefault(order.client_id, message_id)
        if first != message_id:
            self.refused[order.client_id] = f"taken as {first} and then as {message_id}"

    def is_accepted(self) -> bool:
        """Whether every message and every order has got its 200 or 202, or its refusal."""
        answered = self.taken.keys() | self.refused.keys()
        return self.written.keys() <= self.accepted_at.keys() and self.ordered.keys() <= answered

    def include(self, other: Ledger) -> None:
        """Add another stretch to this one."""
        for wamid, message in other.written.items():
            self.written.setdefault(wamid, message)
        for wamid, at in other.accepted_at.items():
            self.accepted_at.setdefault(wamid, at)
        self.answers += other.answers
        self.ordered |= other.ordered
        self.taken |= other.taken
        self.order_answers += other.order_answers
        self.refused |= other.refused
