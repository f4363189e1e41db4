"""Sending without a network: a post office whose sender answers as the test says."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta

from services.common.contracts.messaging import Message, QueueMessage
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.envelope import KeyRing, Place
from services.common.kit.settings import Secret
from services.common.kit.uow import TENANT
from services.messaging.adapters.graph_api import Letter
from services.messaging.commands import queue_message, send_messages
from services.messaging.commands.send_messages import PostOffice
from services.messaging.domain.delivery import Answer, Verdict
from tests.integration.messaging.webhooks import Front

KEYS = KeyRing.from_setting("k1:" + base64.b64encode(b"k" * 32).decode())
TOKEN = "secret-token"


class Scripted:
    """Answers in turn; when the answers are used up, everything is accepted."""

    def __init__(self, *answers: Answer, during: Callable[[Letter], None] = lambda _letter: None) -> None:
        self.answers, self.during = list(answers), during
        self.sent: list[Letter] = []

    def send(self, letter: Letter, token: Secret) -> Answer:
        """Remember the letter."""
        assert token == TOKEN
        self.sent.append(letter)
        self.during(letter)
        return self.answers.pop(0) if self.answers else accepted(f"wamid.{letter.message_id}")


def accepted(wamid: str) -> Answer:
    return Answer(Verdict.ACCEPTED, wamid)


def sealed(tenant_id: str, channel_id: str) -> str:
    """The credentials as `tenants` seals them."""
    return KEYS.seal(TOKEN, Place(tenant_id, "channels", "credentials", channel_id))


def queue(front: Front, tenant_id: str, **request: object) -> Message:
    """Ask as the gateway would."""
    wanted = QueueMessage.from_wire({"to": "+16505551234", "text": "hello", **request})
    with front.database.transaction(Context.new(tenant_id=tenant_id), TENANT) as uow:
        return queue_message.run(wanted, uow)


def send(
    front: Front,
    tenant_id: str,
    message_id: str,
    sender: Scripted,
    *,
    lease: timedelta = timedelta(seconds=30),
    is_stopping: Callable[[], bool] = lambda: False,
) -> float | None:
    """Handle the event of a queued message once."""
    begin = Begin(front.database, Context.new(tenant_id=tenant_id), TENANT, is_stopping=is_stopping)
    return send_messages.run(message_id, tenant_id, begin, PostOffice(sender, KEYS, lease))
