"""The database of `analytics`, and events as they would come from the broker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

import pytest

from services.analytics import queries
from services.analytics.commands import count_queued, count_received, count_statuses
from services.common.contracts.analytics import GetOverview, Overview
from services.common.contracts.base import Envelope, Event
from services.common.contracts.codec import instant_to_wire
from services.common.contracts.messaging import (
    MessageQueuedV1,
    MessageReceivedV1,
    MessageStatus,
    MessageStatusChangedV1,
    MessageType,
)
from services.common.kit import ids
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.uow import SYSTEM, TENANT
from tests.integration.databases import PrivateDatabase

COUNTING = {
    MessageReceivedV1.TYPE: count_received,
    MessageQueuedV1.TYPE: count_queued,
    MessageStatusChangedV1.TYPE: count_statuses,
}


@pytest.fixture(scope="session")
def analytics_database(migrated: Callable[[str], PrivateDatabase]) -> PrivateDatabase:
    return migrated("analytics")


@pytest.fixture
def database(analytics_database: PrivateDatabase, open_database: Callable[[PrivateDatabase], Database]) -> Database:
    """Connected as the service; tests keep apart by tenant."""
    return open_database(analytics_database)


def wrap(event: Event, tenant_id: str, at: datetime) -> Envelope:
    """An event in an envelope of its own."""
    return Envelope(
        id=ids.new_id(),
        type=event.TYPE,
        occurred_at=instant_to_wire(at),
        tenant_id=tenant_id,
        source=event.SOURCE,
        correlation_id=None,
        causation_id=None,
        data=event.to_wire(),
    )


def received(tenant_id: str, at: datetime, conversation_id: str | None = None) -> Envelope:
    """A customer wrote."""
    event = MessageReceivedV1(
        message_id=ids.new_id(),
        conversation_id=conversation_id or ids.new_id(),
        contact_id=ids.new_id(),
        channel_id=ids.new_id(),
        message_type=MessageType.TEXT,
        sent_at=at,
        is_new_conversation=False,
    )
    return wrap(event, tenant_id, at)


def queued(tenant_id: str, at: datetime, message_id: str, conversation_id: str | None = None) -> Envelope:
    """The business wrote."""
    event = MessageQueuedV1(
        message_id=message_id,
        conversation_id=conversation_id or ids.new_id(),
        contact_id=ids.new_id(),
        channel_id=ids.new_id(),
        message_type=MessageType.TEXT,
        queued_at=at,
        is_new_conversation=False,
    )
    return wrap(event, tenant_id, at)


def changed(tenant_id: str, at: datetime, message_id: str, status: MessageStatus, previous: MessageStatus) -> Envelope:
    """Its message came further."""
    event = MessageStatusChangedV1(
        message_id=message_id,
        conversation_id=ids.new_id(),
        channel_id=ids.new_id(),
        previous=previous,
        status=status,
        changed_at=at,
    )
    return wrap(event, tenant_id, at)


def count(database: Database, envelopes: Sequence[Envelope]) -> None:
    """One batch of one kind, as the consumer would hand it over."""
    with database.transaction(Context.new(), SYSTEM) as uow:
        COUNTING[envelopes[0].type].run(envelopes, uow)


def overview_of(database: Database, tenant_id: str, days: int = 30) -> Overview:
    with database.transaction(Context.new(tenant_id=tenant_id), TENANT, read_only=True) as uow:
        return queries.get_overview(GetOverview(days=days), uow)
