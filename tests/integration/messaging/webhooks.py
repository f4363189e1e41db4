"""What the tests of messaging share: tenants with channels, webhooks posted, and the state that results."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from services.common.contracts.base import Envelope
from services.common.contracts.codec import instant_to_wire
from services.common.contracts.gateway import Provider, WebhookReceivedV1
from services.common.contracts.tenants import ChannelConnectedV1, ChannelType
from services.common.kit import clock
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.ids import new_id
from services.common.kit.uow import SYSTEM
from services.messaging.commands import copy_channel, file_webhooks
from tests.integration.databases import PrivateDatabase, connected

REPO = Path(__file__).resolve().parents[3]
FIXTURES = Path(os.environ.get("FRONTDESK_FIXTURES", REPO.parent / "shared" / "fixtures")) / "whatsapp"


def shared_bodies() -> list[bytes]:
    """The recorded webhooks, where they are at hand."""
    return [path.read_bytes() for path in sorted(FIXTURES.glob("*")) if path.suffix in {".json", ".raw"}]


def envelope_of(raw: bytes) -> Envelope:
    """The event by which the gateway hands a body on."""
    return Envelope(
        id=new_id(),
        type=WebhookReceivedV1.TYPE,
        occurred_at=instant_to_wire(clock.now()),
        tenant_id=None,
        source="gateway",
        correlation_id=None,
        causation_id=None,
        data=WebhookReceivedV1.of(Provider.META, raw).to_wire(),
    )


class Front:
    """One database of messaging, as its entrypoints would use it."""

    def __init__(self, private: PrivateDatabase, database: Database) -> None:
        self.private, self.database = private, database

    def post(self, *bodies: bytes | dict[str, Any]) -> None:
        """One batch of webhooks."""
        raws = [body if isinstance(body, bytes) else json.dumps(body).encode() for body in bodies]
        with self.database.transaction(Context.new(), SYSTEM) as uow:
            file_webhooks.run([envelope_of(raw) for raw in raws], uow)

    def connect(
        self,
        tenant_id: str,
        number: str | None,
        account: str | None = None,
        *,
        channel_id: str | None = None,
        version: int = 1,
        credentials: str | None = None,
        type_: ChannelType = ChannelType.WHATSAPP_CLOUD,
        is_active: bool = True,
        display: str = "+15550783881",
        is_proved: bool = False,
    ) -> str:
        """A channel of the tenant appears; returns its id."""
        channel_id = channel_id or new_id()
        event = ChannelConnectedV1(
            channel_id=channel_id,
            channel_type=type_,
            name="Main",
            salon_id=None,
            phone_number_id=number,
            business_account_id=account,
            display_phone_number=display,
            credentials=credentials,
            is_active=is_active,
            version=version,
            is_proved=is_proved,
        )
        envelope = replace(envelope_of(b""), type=event.TYPE, tenant_id=tenant_id, data=event.to_wire())
        assert copy_channel.run(event, Begin(self.database, Context.new(), SYSTEM, envelope))
        return channel_id

    def rows(self, statement: str, **values: Any) -> Sequence[Any]:
        """Look behind row-level security."""
        with connected(self.private.admin_url) as connection:
            return connection.execute(sa.text(statement), values).all()

    def value(self, statement: str, **values: Any) -> Any:
        """The first column of the first row."""
        return self.rows(statement, **values)[0][0]

    def wipe(self) -> None:
        """Forget everything but the channels."""
        tables = (
            "webhook_events, webhook_items, unrouted_items, provider_events, message_statuses, messages, conversations,"
            " contact_identities, contacts, outbox, inbox"
        )
        with connected(self.private.admin_url) as connection:
            connection.execute(sa.text(f"truncate {tables}"))

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is known, by natural keys: no ids of ours, no instants of storage."""
        return {name: sorted(map(_plain, self.rows(sql)), key=repr) for name, sql in STATE.items()}


def _plain(row: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value for value in row)


STATE = {
    "bodies": "select body_hash from webhook_events",
    "items": "select body_hash, path, kind, tenant_id from webhook_items i join webhook_events e on e.id = i.event_id",
    "unrouted": "select body_hash, path, phone_number_id, account_ids from unrouted_items i"
    " join webhook_events e on e.id = i.event_id",
    "outcomes": "select tenant_id, outcome, count(*) from webhook_items group by 1, 2",
    "news": "select tenant_id, field, event, value, occurred_at from provider_events",
    "people": "select c.tenant_id, name, username, user_id, wa_id, phone_number,"
    " (select json_agg(kind || value order by kind || value) from contact_identities i where i.contact_id = c.id)"
    " from contacts c",
    "conversations": "select v.tenant_id, channel_id, c.user_id, c.wa_id, status, unread_count, message_count,"
    " case when last_message_at < v.created_at then last_message_at end,"
    " case when last_message_at < v.created_at then last_message_preview end"
    " from conversations v join contacts c on c.id = v.contact_id",
    "messages": "select m.tenant_id, m.channel_id, external_id, direction, type, m.status, content, text, reply_to,"
    " m.digest, m.sender, m.recipient, c.user_id, m.pricing, m.error, m.delivered_at, m.read_at, m.failed_at"
    " from messages m join conversations v on v.id = m.conversation_id join contacts c on c.id = v.contact_id",
    "statuses": "select channel_id, external_id, status, digest, error, pricing from message_statuses",
}


def value_of(messages: Iterable[dict[str, Any]] = (), *, number: str = "106", **more: Any) -> dict[str, Any]:
    """The value of a change of messages."""
    metadata = {"display_phone_number": "15550783881", "phone_number_id": number}
    value: dict[str, Any] = {"messaging_product": "whatsapp", "metadata": metadata, **more}
    return value | ({"messages": list(messages)} if messages else {})


def body_of(*values: dict[str, Any], field: str = "messages", account: str = "102") -> dict[str, Any]:
    """A webhook with one entry that holds a change for each value."""
    changes = [{"field": field, "value": value} for value in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": account, "changes": changes}]}


def text_of(wamid: str, words: str = "hello", *, at: int = 1_790_000_000, **sender: Any) -> dict[str, Any]:
    """A text message; the sender by `from_` and `from_user_id`."""
    who = {name.rstrip("_"): value for name, value in (sender or {"from_": "16505551234"}).items()}
    return {"id": wamid, "timestamp": str(at), "type": "text", "text": {"body": words}, **who}


def status_of(wamid: str, status: str, *, at: int = 1_790_000_000, **more: Any) -> dict[str, Any]:
    """A status of a message of the business."""
    return {"id": wamid, "status": status, "timestamp": str(at), "recipient_id": "16505551234", **more}
