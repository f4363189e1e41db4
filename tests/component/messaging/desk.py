"""The world around a running `messaging`: the gateway that calls it, `tenants` that tells it, Meta that answers it."""

from __future__ import annotations

import base64
import json
from typing import Any

import sqlalchemy as sa

from services.common.contracts.base import Event
from services.common.contracts.gateway import Provider, WebhookReceivedV1
from services.common.contracts.messaging import GetMessage, Message, MessageStatus, QueueMessage
from services.common.contracts.tenants import ChannelConnectedV1, ChannelType
from services.common.kit import clock
from services.common.kit.context import Context
from services.common.kit.envelope import KeyRing, Place
from services.common.kit.ids import new_id
from services.common.kit.outbox import row_of
from services.common.kit.publisher import ConfirmedPublisher, Outgoing
from services.common.kit.rpc import RpcClient
from tests.component.services import eventually
from tests.integration.databases import PrivateDatabase, connected
from tests.simulators.graph_api.demo import DEMO_NUMBER_ID, DEMO_TOKEN, DEMO_WABA_ID
from tests.simulators.graph_api.launcher import RunningGraphApi

ENVELOPE_KEYS = "k1:" + base64.b64encode(b"k" * 32).decode()
CUSTOMER = "+16505551234"


class Desk:
    """One tenant that has the demo company's number."""

    def __init__(self, amqp_url: str, private: PrivateDatabase, graph: RunningGraphApi) -> None:
        self.graph, self.private = graph, private
        self.tenant, self.channel = new_id(), new_id()
        self._rpc, self._publisher = RpcClient(amqp_url, "tests"), ConfirmedPublisher(amqp_url)

    def close(self) -> None:
        self._rpc.close()
        self._publisher.close()

    def publish(self, event: Event, tenant_id: str | None) -> None:
        """As the relay of another service does."""
        row = row_of(event, Context.new(), tenant_id, clock.now())
        outgoing = Outgoing(row.exchange, row.routing_key, row.payload.encode(), json.loads(row.headers), row.event_id)
        self._publisher.publish(outgoing, 5.0)

    def connect(self, limit: float = 10.0) -> None:
        """The channel appears; the one who had the number before loses it."""
        with connected(self.private.admin_url) as admin:
            admin.execute(sa.text("update channels set phone_number_id = null, business_account_id = null"))
        place = Place(self.tenant, "channels", "credentials", self.channel)
        event = ChannelConnectedV1(
            channel_id=self.channel,
            channel_type=ChannelType.WHATSAPP_CLOUD,
            name="Main",
            salon_id=None,
            phone_number_id=DEMO_NUMBER_ID,
            business_account_id=DEMO_WABA_ID,
            display_phone_number="+15550783881",
            credentials=KeyRing.from_setting(ENVELOPE_KEYS).seal(DEMO_TOKEN, place),
            is_active=True,
            version=1,
        )
        self.publish(event, self.tenant)
        eventually(lambda: self.rows("select 1 from channels where id = :id", id=self.channel), limit)

    def webhook(self, body: dict[str, Any]) -> None:
        """Meta calls, and the gateway has accepted."""
        self.publish(WebhookReceivedV1.of(Provider.META, json.dumps(body).encode()), None)

    def ask(self, request: Any) -> Any:
        return self._rpc.call(request, Context.new(tenant_id=self.tenant))

    def queue(self, text: str | None = "hello", to: str = CUSTOMER, **more: Any) -> Message:
        message: Message = self.ask(QueueMessage(to=to, text=text, **more))
        return message

    def get(self, message: Message) -> Message:
        shown: Message = self.ask(GetMessage(message_id=message.id))
        return shown

    def wait_for(self, message: Message, status: MessageStatus, limit: float = 15.0) -> Message:
        """Until the message is so."""
        eventually(lambda: self.get(message).status is status, limit)
        return self.get(message)

    def rows(self, statement: str, **values: Any) -> Any:
        """Look behind row-level security."""
        with connected(self.private.admin_url) as admin:
            return admin.execute(sa.text(statement), values).all()

    def status(self, wamid: str, status: str, **more: Any) -> None:
        """Meta tells how far a message has come."""
        metadata = {"display_phone_number": "15550783881", "phone_number_id": DEMO_NUMBER_ID}
        told = {"id": wamid, "status": status, "timestamp": "1790000000", **more}
        value = {"messaging_product": "whatsapp", "metadata": metadata, "statuses": [told]}
        change = {"field": "messages", "value": value}
        self.webhook({"object": "whatsapp_business_account", "entry": [{"id": DEMO_WABA_ID, "changes": [change]}]})
