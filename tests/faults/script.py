"""What the customers write and the businesses order: every message once, its webhook signed as Meta signs it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import orjson

from deploy.local.client import signature
from tests.faults.ledger import Number, Ordered, Written

CUSTOMERS = 300
CORRESPONDENTS = 24
"""So many of the customers get messages from the businesses."""

_BATCH_EVERY, _AGAIN_EVERY, _SAME_EVERY, _TWICE_EVERY = 10, 25, 20, 5


@dataclass(frozen=True, slots=True)
class Webhook:
    """A body on its way, with all that a retry needs to be the same bytes."""

    messages: tuple[Written, ...]
    body: bytes
    signature: str
    copies: int = 1


def phone_of(customer: int) -> str:
    """A customer's number as WhatsApp writes it."""
    return f"1650{2_000_000 + customer}"


def name_of(customer: int) -> str:
    return f"Customer {customer}"


class Script:
    """Makes one webhook or order after the other; `run` keeps several runs on the same databases apart."""

    def __init__(self, numbers: Sequence[Number], secret: str, run: str) -> None:
        self._numbers = numbers
        self._secret = secret
        self.prefix = f"wamid.F{run}."
        self._run = run
        self._webhooks, self._messages, self._orders = count(1), count(1), count(1)
        self._recent: deque[Written] = deque(maxlen=50)

    def webhook(self) -> Webhook:
        """Mostly one message; now and then two tenants in one body, a message again in another body, a body twice."""
        turn = next(self._webhooks)
        if turn % _BATCH_EVERY == 0:
            messages = [self.message(number) for number in self._numbers for _ in range(2)]
        else:
            messages = [self.message()]
        if turn % _AGAIN_EVERY == 0:
            messages.append(self._recent[0])
        self._recent.extend(messages)
        return self.sealed(messages, copies=2 if turn % _SAME_EVERY == 7 else 1)

    def message(self, number: Number | None = None) -> Written:
        """The next message, of a customer to a number. A seventh of the people write to all businesses."""
        turn = next(self._messages)
        customer = turn % CUSTOMERS
        roams = turn // CUSTOMERS if customer % 7 == 0 else 0
        chosen = number or self._numbers[(customer + roams) % len(self._numbers)]
        return Written(
            wamid=f"{self.prefix}{turn:07d}",
            number=chosen,
            customer=phone_of(customer),
            name=name_of(customer),
            text=f"Message {turn} of {self._run} ✂",
        )

    def order(self) -> Ordered:
        """The next send; every person has one business that writes to them."""
        turn = next(self._orders)
        customer = turn % CORRESPONDENTS
        return Ordered(
            client_id=f"order-{self._run}-{turn:06d}",
            number=self._numbers[customer % len(self._numbers)],
            customer=phone_of(customer),
            text=f"Answer {turn} of {self._run}",
            copies=2 if turn % _TWICE_EVERY == 0 else 1,
        )

    def sealed(self, messages: Sequence[Written], copies: int = 1) -> Webhook:
        """One body with these messages."""
        return self.sealed_raw(body_of(messages), messages, copies)

    def sealed_raw(self, body: bytes, messages: Sequence[Written] = (), copies: int = 1) -> Webhook:
        """Any body, rightly signed."""
        return Webhook(tuple(messages), body, signature(self._secret, body), copies)


def body_of(messages: Sequence[Written]) -> bytes:
    """The body that Meta would post."""
    entries: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        entries.setdefault(message.number.waba_id, []).append(change_of(message))
    return orjson.dumps(
        {
            "object": "whatsapp_business_account",
            "entry": [{"id": waba_id, "changes": changes} for waba_id, changes in entries.items()],
        }
    )


def change_of(message: Written, **changes: Any) -> dict[str, Any]:
    """The part of a body that holds one message; `changes` are made to the message itself."""
    item = {
        "from": message.customer,
        "from_user_id": user_id(message.customer, message.number),
        "id": message.wamid,
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": message.text},
    }
    contact = {
        "profile": {"name": message.name},
        "wa_id": message.customer,
        "user_id": user_id(message.customer, message.number),
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": message.number.display,
            "phone_number_id": message.number.phone_number_id,
        },
        "contacts": [contact],
        "messages": [item | changes],
    }
    return {"field": "messages", "value": value}


def user_id(customer: str, number: Number) -> str:
    """As WhatsApp does it: one person, another id for each business."""
    return f"US.{number.waba_id}{customer}"
