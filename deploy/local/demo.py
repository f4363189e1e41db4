"""Plays a conversation through the running system, from the customer's first word to the tick of "read".

Everything goes through the real doors: the simulator signs webhooks and posts them to the gateway, the business answers
through the REST surface, and the answer leaves by the Graph API that the simulator stands in for.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from deploy.local.client import Client
from deploy.local.console import LocalError, say
from deploy.local.envfile import read
from deploy.local.layout import dev_layout
from deploy.local.seed import seed, tell_counts, tell_logins
from deploy.local.waiting import wait_for
from tests.simulators.graph_api import demo
from tests.simulators.graph_api.control import ControlClient

_CUSTOMER, _NAME = "16505551234", "Sheena Nelson"

ORDER = {
    "to": f"+{_CUSTOMER}",
    "phoneNumberId": demo.DEMO_NUMBER_ID,
    "type": "TEXT",
    "content": {"text": "Hello"},
}
"""What somebody who tries the API may send next: to a customer who has just written, from the number they wrote to."""


class Conversation:
    """One customer, one business, and the clock that the transcript is told by."""

    def __init__(self, settings: Mapping[str, str], business: Client) -> None:
        self._simulator = ControlClient(settings["GRAPH_API_URL"])
        self._business = business
        self._started = time.monotonic()
        self._run = time.strftime("%H:%M:%S")

    def play(self) -> str:
        """Tell the whole conversation; return its id."""
        self._simulator.create_customer(_CUSTOMER, name=_NAME)
        self._simulator.set_behaviour(recipient=_CUSTOMER, statuses=["sent", "delivered", "read"])
        conversation_id = self._customer_writes(f"Hello, do you have time for a haircut on Friday? ({self._run})")
        self._business_answers(conversation_id, f"Hello Sheena! Friday at 10:00 is free. ({self._run})")
        self._customer_writes(f"Perfect, see you then. ({self._run})")
        return conversation_id

    def _customer_writes(self, text: str) -> str:
        self._tell(f"{_NAME} writes on WhatsApp: “{text}”")
        external_id = self._simulator.write(_CUSTOMER, text, to=demo.DEMO_NUMBER_ID)
        self._tell("  gateway    checked the signature, published webhook.received.v1, answered 200")
        message = wait_for("the message in the inbox", lambda: self._find_message(external_id))
        conversation = self._business.get(f"/conversations/{message['conversationId']}")
        self._tell(
            f"  messaging  stored it ({message['type']}, {message['status']}); the conversation with "
            f"{conversation['contact']['name']} is {conversation['status']}, its window {conversation['windowStatus']}"
        )
        return str(message["conversationId"])

    def _business_answers(self, conversation_id: str, text: str) -> None:
        self._tell(f"Demo Company answers by POST /messages: “{text}”")
        message = self._business.post("/messages", {"conversationId": conversation_id, "content": {"text": text}})
        self._tell(f"  messaging  took it ({message['status']}), published message.queued.v1, gateway answered 202")
        seen: list[str] = [message["status"]]

        def read_by_the_customer() -> bool:
            status = self._business.get(f"/messages/{message['id']}")["status"]
            if status != seen[-1]:
                seen.append(status)
            return bool(status == "READ")

        wait_for("the customer's phone", read_by_the_customer)
        self._tell(f"  messaging  sent it once through the Graph API; webhooks told: {' → '.join(seen)}")

    def tell_figures(self) -> None:
        """Show that the events have reached analytics."""

        def counted() -> dict[str, Any] | None:
            figures = self._business.get("/analytics/overview", days=7)
            return figures if figures["overview"]["totalMessages"] else None

        figures = wait_for("analytics", counted)
        today = figures["dailyActivity"][-1]
        self._tell(f"  analytics  counted today: {today['received']} received, {today['sent']} sent")

    def _find_message(self, external_id: str) -> dict[str, Any] | None:
        found = self._business.get("/messages", limit=20)["messages"]
        return next((message for message in found if message["externalId"] == external_id), None)

    def _tell(self, line: str) -> None:
        say(f"  {time.monotonic() - self._started:6.2f} s  {line}")


def _tell_isolation(clients: Mapping[str, Client], conversation_id: str) -> None:
    theirs = [item["id"] for item in clients["Second Company"].get("/conversations", limit=100)["conversations"]]
    if conversation_id in theirs:
        raise LocalError("Second Company sees Demo Company's conversation: this must never happen.")
    say("Each tenant sees its own, and nothing of the other's:")
    tell_counts(clients)


def _tell_addresses(settings: Mapping[str, str]) -> None:
    gateway = settings["GATEWAY_URL"]
    say("")
    say("The system is up. `make down` ends it.")
    say(f"  API            {gateway}/api/v1")
    say(f"  documentation  {gateway}/api/docs")
    say(f"  Graph API      {settings['GRAPH_API_URL']} (the simulator)")
    say("  settings       .local/env")
    say("Logins:")
    tell_logins(settings)
    say("Try:")
    say("  . .local/env")
    say(
        "  TOKEN=$(curl -s $GATEWAY_URL/api/v1/auth/login -H 'Content-Type: application/json' "
        '-d "{\\"email\\": \\"$DEMO_EMAIL\\", \\"password\\": \\"$DEMO_PASSWORD\\"}" '
        '| python3 -c \'import json,sys; print(json.load(sys.stdin)["data"]["token"])\')'
    )
    say('  curl -s $GATEWAY_URL/api/v1/conversations -H "Authorization: Bearer $TOKEN"')
    say(
        '  curl -s $GATEWAY_URL/api/v1/messages -H "Authorization: Bearer $TOKEN" '
        f"-H 'Content-Type: application/json' -d '{json.dumps(ORDER)}'"
    )


def main(argv: list[str]) -> int:
    """Run `make demo`."""
    del argv
    settings = read(dev_layout().env_file)
    clients = seed(settings)
    say("Two tenants are there, with the conversations of a morning. One more, played now, beside them:")
    conversation = Conversation(settings, clients["Demo Company"])
    conversation_id = conversation.play()
    conversation.tell_figures()
    _tell_isolation(clients, conversation_id)
    _tell_addresses(settings)
    return 0
