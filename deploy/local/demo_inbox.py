"""Fills a demo tenant's inbox: customers write by signed webhooks, the business answers through the REST surface.

Whatever is written has an id that follows from the tenant and the story, so telling it again adds nothing: a run that
was cut off is completed by the next.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.client import Client
from deploy.local.demo_stories import Heard, Said, Story
from deploy.local.demo_tenants import DemoTenant
from deploy.local.waiting import wait_for
from tests.simulators.graph_api.control import ControlClient

_ON_ITS_WAY = frozenset({"QUEUED", "SENDING"})
_SECOND = timedelta(seconds=1)


def fill_inbox(tenant: DemoTenant, client: Client, simulator: ControlClient) -> None:
    """Tell all stories of a tenant, from their first word to the last tick."""
    inbox = _Inbox(tenant, client, simulator)
    for story in tenant.stories:
        inbox.tell(story)
    simulator.wait_until_idle()


class _Inbox:
    """One tenant's inbox. The stories are told by the clock of the tenant's making."""

    def __init__(self, tenant: DemoTenant, client: Client, simulator: ControlClient) -> None:
        self._tenant, self._client, self._simulator = tenant, client, simulator
        made = client.get("/tenant")
        self._id = str(made["id"])
        self._opened = _instant(made["createdAt"])

    def tell(self, story: Story) -> None:
        """One conversation; each part waits for the one before it."""
        self._simulator.create_customer(story.phone, name=story.name)
        self._simulator.set_behaviour(recipient=story.phone, statuses=list(story.statuses))
        latest = self._opened
        for number, part in enumerate(story.parts):
            key = f"{story.phone}/{number}"
            if isinstance(part, Heard):
                self._hear(story, part, key, self._time_of(part, latest))
            else:
                latest = self._say(story, part, key)

    def _time_of(self, part: Heard, latest: datetime) -> datetime:
        """WhatsApp counts whole seconds: what follows an answer is of the next one."""
        if part.minutes_before is None:
            return latest.replace(microsecond=0) + _SECOND
        return self._opened.replace(microsecond=0) - timedelta(minutes=part.minutes_before)

    def _hear(self, story: Story, part: Heard, key: str, at: datetime) -> None:
        wamid = f"wamid.{self._name_of(key)}"
        content = {"type": "text", "text": {"body": part.text}, "id": wamid, "timestamp": str(int(at.timestamp()))}
        self._simulator.write(story.phone, content, to=self._number_of(story))
        period = {"from": at.isoformat(), "to": (at + _SECOND).isoformat(), "direction": "INBOUND"}

        def stored() -> bool:
            found = self._client.get("/messages", limit=100, **period)["messages"]
            return any(message["externalId"] == wamid for message in found)

        wait_for(f"{story.name}'s message in the inbox", stored)

    def _say(self, story: Story, part: Said, key: str) -> datetime:
        """When it was said the first time."""
        order = {
            "to": f"+{story.phone}",
            "phoneNumberId": self._number_of(story),
            "type": part.type,
            "content": dict(part.content),
            "clientMessageId": f"demo-{self._name_of(key)}",
        }
        message: dict[str, Any] = self._client.post("/messages", order)
        wait_for(
            f"the answer to {story.name} to leave",
            lambda: self._client.get(f"/messages/{message['id']}")["status"] not in _ON_ITS_WAY,
        )
        return _instant(message["createdAt"])

    def _number_of(self, story: Story) -> str:
        return self._tenant.numbers[story.line][1]

    def _name_of(self, key: str) -> str:
        digest = hashlib.sha256(f"{self._id}/{key}".encode()).digest()
        return base64.urlsafe_b64encode(digest[:24]).decode()


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
