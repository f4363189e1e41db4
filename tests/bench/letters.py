"""What customers write: webhooks as Meta posts them, one message in each, signed."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import orjson

from deploy.local.client import API, signature
from services.common.contracts.base import Envelope
from services.common.contracts.codec import instant_to_wire
from services.common.contracts.gateway import SERVICE, Provider, WebhookReceivedV1
from services.common.kit import clock, ids
from services.common.kit.publisher import Outgoing
from tests.bench.wire import request

_TALK = (
    "hello could I please have an appointment for colour and cut next Thursday after five or on Saturday morning"
    " thank you very much see you then is Maria there what does it cost to have highlights done I am ten minutes late"
)
_WORDS = tuple(_TALK.split(" "))
_PEOPLE_OF_A_RUN = 100_000
_LENGTHS = (3, 6, 9, 12, 20, 40)


class Number(NamedTuple):
    """A number of the business that customers write to."""

    phone_number_id: str
    display: str
    account_id: str


def phone_of(customer: int) -> str:
    """A customer's number as WhatsApp writes it."""
    return f"49151{customer:08d}"


def user_id_of(customer: int, account_id: str) -> str:
    """A customer's id for one business."""
    return f"DE.{account_id}{customer:08d}"


@dataclass(frozen=True)
class Writer:
    """Writes the messages of one run; `run` keeps their ids apart from those of others."""

    number: Number
    secret: str
    run: int

    @property
    def prefix(self) -> str:
        """What the ids of this run's messages begin with."""
        return f"wamid.HBgNNDkxNTEwMDAwMDAwMBUCABIYFj{self.run:06d}."

    def index_of(self, wamid: str) -> int:
        """Which message of the run it is."""
        return int(wamid.removeprefix(self.prefix))

    def newcomers(self) -> Iterator[int]:
        """Customers that nobody has seen yet."""
        return count(self.run * _PEOPLE_OF_A_RUN)

    def bodies(self, customers: Iterable[int]) -> Iterator[bytes]:
        """One webhook for each of the customers, in order."""
        chance = random.Random(self.run)
        now = str(int(time.time()))
        for index, customer in enumerate(customers):
            text = " ".join(chance.choices(_WORDS, k=chance.choice(_LENGTHS)))
            yield orjson.dumps(self._webhook(customer, f"{self.prefix}{index:08d}", now, text))

    def requests(self, host: str, bodies: Iterable[bytes], path: str = f"{API}/webhook") -> list[bytes]:
        """The bytes to send, made beforehand."""
        return [
            request("POST", host, path, {"X-Hub-Signature-256": signature(self.secret, body)}, body) for body in bodies
        ]

    def _webhook(self, customer: int, wamid: str, at: str, text: str) -> dict[str, object]:
        user_id = user_id_of(customer, self.number.account_id)
        message = {"from": phone_of(customer), "from_user_id": user_id, "id": wamid, "timestamp": at, "type": "text"}
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": self.number.display, "phone_number_id": self.number.phone_number_id},
            "contacts": [
                {"profile": {"name": f"Customer {customer}"}, "wa_id": phone_of(customer), "user_id": user_id}
            ],
            "messages": [message | {"text": {"body": text}}],
        }
        changes = [{"field": "messages", "value": value}]
        return {"object": "whatsapp_business_account", "entry": [{"id": self.number.account_id, "changes": changes}]}


def as_events(bodies: Iterable[bytes]) -> Iterator[Outgoing]:
    """What the gateway publishes for such bodies."""
    for body in bodies:
        request_id = ids.new_id()
        envelope = Envelope(
            id=ids.new_id(),
            type=WebhookReceivedV1.TYPE,
            occurred_at=instant_to_wire(clock.now()),
            tenant_id=None,
            source=SERVICE,
            correlation_id=request_id,
            causation_id=None,
            data=WebhookReceivedV1.of(Provider.META, body).to_wire(),
        )
        yield Outgoing(f"{SERVICE}.events", envelope.type, envelope.to_bytes(), message_id=envelope.id)
