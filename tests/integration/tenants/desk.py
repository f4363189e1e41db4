"""What a test orders at `tenants`, without a broker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.common.contracts.audit import AuditRecorded
from services.common.contracts.base import Event
from services.common.contracts.tenants import AuditRecordedV1, Channel, ChannelType, CreateChannel
from services.common.kit import ids
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.envelope import KeyRing
from services.common.kit.uow import SYSTEM, TENANT
from services.tenants.commands import create_channel
from tests.integration.databases import PrivateDatabase
from tests.integration.tenants.outbox import published
from tests.integration.tenants.providers import Pretender, providers_of

TOKEN = "EAAGm0PX4ZCpsBA-canary-1f3a"
BOT_TOKEN = "7000000001:AAFakeTokenForOfflineTests-canary"


@dataclass
class Desk:
    """Orders for one database and one provider that pretends."""

    database: Database
    private: PrivateDatabase
    keys: KeyRing
    provider: Pretender = field(default_factory=Pretender)

    def order(self, context: Context, command: Callable[..., Any], request: object) -> Any:
        """A command in one transaction."""
        with self.database.transaction(context, TENANT) as uow:
            return command(request, uow)

    def order_in_steps(self, context: Context, command: Callable[..., Any], request: object) -> Any:
        """A command that asks the provider."""
        return command(request, Begin(self.database, context, TENANT), providers_of(self.provider), self.keys)

    def ask(self, context: Context, query: Callable[..., Any], *arguments: object) -> Any:
        """A question of a tenant."""
        with self.database.transaction(context, TENANT, read_only=True) as uow:
            return query(*arguments, uow)

    def ask_platform(self, query: Callable[..., Any], *arguments: object, role: str | None = None) -> Any:
        """A question of nobody, or of a super admin."""
        with self.database.transaction(Context.new(role=role), SYSTEM, read_only=True) as uow:
            return query(*arguments, uow)

    def channel(self, context: Context, **values: Any) -> Channel:
        """A WhatsApp channel; with `bot_token` a bot."""
        complete: dict[str, Any] = {"type": ChannelType.WHATSAPP_CLOUD, "name": "Number", "access_token": TOKEN}
        complete |= {"phone_number_id": ids.new_id(), "business_account_id": ids.new_id()}
        if "bot_token" in values:
            complete = {"type": ChannelType.TELEGRAM, "name": "Bot"}
        made: Channel = self.order(
            context,
            lambda request, uow: create_channel.run(request, uow, self.keys),
            CreateChannel(**complete | values),
        )
        return made

    def told(self, context: Context, event: type[Event]) -> list[Any]:
        """What the tenant's events of a kind say, oldest first."""
        envelopes = published(self.private, context.tenant_id or "")
        return [event.from_wire(envelope.data) for envelope in envelopes if envelope.type == event.TYPE]

    def everything_told(self, context: Context) -> list[str]:
        """The types of all events of the tenant, oldest first."""
        return [envelope.type for envelope in published(self.private, context.tenant_id or "")]

    def audit(self, context: Context) -> AuditRecorded:
        """The latest entry for the audit log."""
        latest: AuditRecorded = self.told(context, AuditRecordedV1)[-1]
        return latest
