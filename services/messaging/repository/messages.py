"""Messages as they are filed from webhooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text

from services.common.kit.uow import UnitOfWork
from services.messaging.repository.bulk import as_json

_KNOWN = text(
    """
    select m.channel_id, m.external_id, m.id, m.conversation_id, m.digest
    from unnest(cast(:channels as uuid[]), cast(:external_ids as text[])) as asked (channel_id, external_id)
    join messages m on m.tenant_id = :tenant_id and m.channel_id = asked.channel_id
        and m.external_id = asked.external_id
    """
)
_RECORD = """
    jsonb_to_recordset(cast(:rows as jsonb)) as r (
        id uuid, conversation_id uuid, channel_id uuid, direction text, type text, status text, content jsonb,
        text text, external_id text, digest text, sender text, recipient text, reply_to text, opens_window boolean,
        occurred_at timestamptz
    )
"""
_ADD = text(
    f"""
    insert into messages (
        tenant_id, id, conversation_id, channel_id, direction, type, status, content, text, external_id, digest,
        sender, recipient, reply_to, opens_window, attempts, occurred_at, sent_at, created_at, updated_at
    )
    select :tenant_id, r.id, r.conversation_id, r.channel_id, r.direction, r.type, r.status, r.content, r.text,
        r.external_id, r.digest, r.sender, r.recipient, r.reply_to, r.opens_window, 0, r.occurred_at, r.occurred_at,
        :now, :now
    from {_RECORD}
    """  # noqa: S608  the record is the constant above
)
_REPLACE = text(
    f"""
    update messages m set
        conversation_id = r.conversation_id, direction = r.direction, type = r.type, status = r.status,
        content = r.content, text = r.text, digest = r.digest, sender = r.sender, recipient = r.recipient,
        reply_to = r.reply_to, opens_window = r.opens_window, occurred_at = r.occurred_at, sent_at = r.occurred_at,
        updated_at = :now
    from {_RECORD}
    where m.tenant_id = :tenant_id and m.id = r.id
    """  # noqa: S608  the record is the constant above
)

Wamid = tuple[str, str]
"""The channel and the provider's id of a message."""


class Known(NamedTuple):
    """A message that is there already."""

    message_id: str
    conversation_id: str
    digest: str | None


class MessageRepository:
    """Messages of one tenant."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id, self._now = uow.session, uow.tenant_id, uow.now

    def find_known(self, wamids: Iterable[Wamid]) -> dict[Wamid, Known]:
        """Those of the given messages that are there."""
        pairs = list(wamids)
        columns = {"channels": [channel for channel, _ in pairs], "external_ids": [wamid for _, wamid in pairs]}
        rows = self._session.execute(_KNOWN, {"tenant_id": self._tenant_id, **columns})
        return {
            (str(row.channel_id), row.external_id): Known(str(row.id), str(row.conversation_id), row.digest)
            for row in rows
        }

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Insert."""
        self._session.execute(_ADD, {"tenant_id": self._tenant_id, "rows": as_json(rows), "now": self._now})

    def replace(self, rows: Sequence[dict[str, Any]]) -> None:
        """Give messages another content."""
        self._session.execute(_REPLACE, {"tenant_id": self._tenant_id, "rows": as_json(rows), "now": self._now})
