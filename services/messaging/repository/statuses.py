"""What the provider says about messages of the business, and where they stand by that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from sqlalchemy import text

from services.common.contracts.messaging import MessageStatus, MessageStatusChangedV1
from services.common.kit.uow import UnitOfWork
from services.messaging.domain.delivery import error_of_status
from services.messaging.domain.statuses import Progress, Step, settle
from services.messaging.repository import bulk
from services.messaging.repository.messages import Wamid

_NOTE = text(
    """
    insert into message_statuses as s (
        tenant_id, channel_id, external_id, status, at, digest, error, pricing, created_at
    )
    select :tenant_id, r.channel_id, r.external_id, r.status, r.at, r.digest, r.error, r.pricing, :now
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        channel_id uuid, external_id text, status text, at timestamptz, digest text, error jsonb, pricing jsonb
    )
    order by r.channel_id, r.external_id, r.status
    on conflict (tenant_id, channel_id, external_id, status) do update
        set at = excluded.at, digest = excluded.digest, error = excluded.error, pricing = excluded.pricing
        where (excluded.at, excluded.digest collate "C") < (s.at, s.digest collate "C")
    returning s.channel_id, s.external_id, s.status, xmax = 0
    """
)
_IDENTIFY = text(
    """
    update messages m set external_id = r.external_id, updated_at = :now
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (id uuid, channel_id uuid, external_id text)
    where m.tenant_id = :tenant_id and m.id = r.id and m.channel_id = r.channel_id
        and m.direction = 'OUTBOUND' and m.external_id is null
        and not exists (
            select from messages o
            where o.tenant_id = :tenant_id and o.channel_id = r.channel_id and o.external_id = r.external_id
        )
    """
)
_LOCK_MESSAGES = text(
    """
    select m.id, m.channel_id, m.external_id, m.conversation_id, m.status, m.sent_at, m.delivered_at, m.read_at,
        m.failed_at, m.error, m.pricing
    from unnest(cast(:channels as uuid[]), cast(:external_ids as text[])) as asked (channel_id, external_id)
    join messages m on m.tenant_id = :tenant_id and m.channel_id = asked.channel_id
        and m.external_id = asked.external_id
    where m.direction = 'OUTBOUND'
    order by m.id for update of m
    """
)
_HISTORY = text(
    """
    select s.channel_id, s.external_id, s.status, s.at, s.digest, s.error, s.pricing
    from unnest(cast(:channels as uuid[]), cast(:external_ids as text[])) as asked (channel_id, external_id)
    join message_statuses s on s.tenant_id = :tenant_id and s.channel_id = asked.channel_id
        and s.external_id = asked.external_id
    """
)
_SETTLE = text(
    """
    update messages m set status = r.status, sent_at = r.sent_at, delivered_at = r.delivered_at, read_at = r.read_at,
        failed_at = r.failed_at, error = r.error, pricing = r.pricing, claimed_until = null, updated_at = :now
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        id uuid, status text, sent_at timestamptz, delivered_at timestamptz, read_at timestamptz,
        failed_at timestamptz, error jsonb, pricing jsonb
    )
    where m.tenant_id = :tenant_id and m.id = r.id
    """
)


@dataclass(frozen=True, slots=True)
class Told:
    """One status of one message, as the provider told it."""

    channel_id: str
    external_id: str
    status: str
    at: datetime
    digest: str
    error: dict[str, Any] | None
    pricing: dict[str, Any] | None
    message_id: str | None = None
    """Our own id, where the provider has given it back."""

    @property
    def wamid(self) -> Wamid:
        """Which message it is about."""
        return self.channel_id, self.external_id


_LOCKS_OF_A_CHANNEL = 256
"""A lock for each message would fill the server's table of locks, which all transactions share."""


def wamid_lock(wamid: Wamid) -> str:
    """Whoever adds to what is known of a message of the business holds this one; a few messages share it."""
    channel_id, external_id = wamid
    return f"{channel_id}:{crc32(external_id.encode()) % _LOCKS_OF_A_CHANNEL}"


class StatusRepository:
    """The history of one tenant's messages.

    Whoever files a status or records a send holds the wamid's lock: the one that comes second sees the other.
    """

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id, self._now = uow.session, uow.tenant_id, uow.now

    def lock_wamid(self, wamid: Wamid) -> None:
        """Be alone with what is known of this message until the commit."""
        bulk.lock(self._session, [wamid_lock(wamid)])

    def note(self, told: Sequence[Told]) -> set[tuple[str, str, str]]:
        """Keep what was told, of each status the earliest; return `(channel, wamid, status)` of what is news."""
        rows = [
            {
                "channel_id": status.channel_id,
                "external_id": status.external_id,
                "status": status.status,
                "at": status.at,
                "digest": status.digest,
                "error": error_of_status(status.error),
                "pricing": status.pricing,
            }
            for status in told
        ]
        stored = self._execute(_NOTE, rows=bulk.as_json(rows))
        return {(str(channel_id), external_id, status) for channel_id, external_id, status, fresh in stored if fresh}

    def identify(self, told: Iterable[Told]) -> None:
        """Give our messages that have no id of the provider yet the one beside which their own id came back."""
        rows = {
            status.message_id: {
                "id": status.message_id,
                "channel_id": status.channel_id,
                "external_id": status.external_id,
            }
            for status in told
            if status.message_id
        }
        if rows:
            self._execute(_IDENTIFY, rows=bulk.as_json(rows.values()))

    def settle(self, wamids: Iterable[Wamid]) -> list[MessageStatusChangedV1]:
        """Bring messages of the business to where they stand by all that was told; return what has changed."""
        pairs = sorted(set(wamids))
        columns = {"channels": [channel for channel, _ in pairs], "external_ids": [wamid for _, wamid in pairs]}
        messages = self._execute(_LOCK_MESSAGES, **columns).all()
        if not messages:
            return []
        history = defaultdict(list)
        for channel_id, external_id, *step in self._execute(_HISTORY, **columns):
            history[str(channel_id), external_id].append(Step(*step))
        settled = [(row, _progress(row), history[str(row.channel_id), row.external_id]) for row in messages]
        after = [(row, before, settle(before, steps)) for row, before, steps in settled]
        changed = [(row, before, now) for row, before, now in after if before != now]
        if changed:
            self._execute(_SETTLE, rows=bulk.as_json({"id": str(row.id), **now._asdict()} for row, _, now in changed))
        return [self._event(row, before, now) for row, before, now in changed if before.status is not now.status]

    def _event(self, row: Any, before: Progress, now: Progress) -> MessageStatusChangedV1:
        at = {
            MessageStatus.SENT: now.sent_at,
            MessageStatus.DELIVERED: now.delivered_at,
            MessageStatus.READ: now.read_at,
            MessageStatus.FAILED: now.failed_at,
        }
        return MessageStatusChangedV1(
            message_id=str(row.id),
            conversation_id=str(row.conversation_id),
            channel_id=str(row.channel_id),
            previous=before.status,
            status=now.status,
            changed_at=at.get(now.status) or self._now,
        )

    def _execute(self, statement: Any, **values: Any) -> Any:
        return self._session.execute(statement, {"tenant_id": self._tenant_id, "now": self._now, **values})


def _progress(row: Any) -> Progress:
    return Progress(
        MessageStatus(row.status), row.sent_at, row.delivered_at, row.read_at, row.failed_at, row.error, row.pricing
    )
