"""Conversations: made once for a contact and channel, grown by messages, moved when two contacts become one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text

from services.common.kit.ids import new_id
from services.common.kit.uow import UnitOfWork
from services.messaging.domain.threads import WINDOW, Growth
from services.messaging.repository.bulk import as_json

Thread = tuple[str, str]
"""The contact and the channel of a conversation."""

_FIND = text(
    """
    select c.contact_id, c.channel_id, c.id
    from unnest(cast(:contacts as uuid[]), cast(:channels as uuid[])) as asked (contact_id, channel_id)
    join conversations c on c.tenant_id = :tenant_id and c.contact_id = asked.contact_id
        and c.channel_id = asked.channel_id
    """
)
_ADD = text(
    """
    insert into conversations (
        tenant_id, id, contact_id, channel_id, status, tags, priority, unread_count, message_count, last_activity_at,
        version, created_at, updated_at
    )
    select :tenant_id, r.id, r.contact_id, r.channel_id, 'OPEN', '{}', 'NORMAL', 0, 0, :now, 1, :now, :now
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (id uuid, contact_id uuid, channel_id uuid)
    order by r.id
    """
)
_GROW = text(
    """
    update conversations c set
        message_count = c.message_count + r.messages,
        unread_count = c.unread_count + r.unread,
        last_message_at = case when newest.yes then r.at else c.last_message_at end,
        last_message_key = case when newest.yes then r.key else c.last_message_key end,
        last_message_preview = case when newest.yes then r.preview else c.last_message_preview end,
        last_activity_at = greatest(c.last_message_at, r.at),
        window_expires_at = greatest(c.window_expires_at, r.window_expires_at),
        status = case when r.reopens and c.status <> 'BLOCKED' then 'OPEN' else c.status end,
        version = c.version + 1,
        updated_at = :now
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        conversation_id uuid, messages bigint, unread bigint, at timestamptz, key text, preview text,
        window_expires_at timestamptz, reopens boolean
    )
    join conversations o on o.tenant_id = :tenant_id and o.id = r.conversation_id
    cross join lateral (
        select o.last_message_at is null or r.at > o.last_message_at
            or (r.at = o.last_message_at and r.key > o.last_message_key collate "C") as yes
    ) as newest
    where c.tenant_id = :tenant_id and c.id = r.conversation_id
    """
)
_RECOUNT = text(
    """
    update conversations c set
        message_count = s.messages,
        unread_count = s.unread,
        last_message_at = s.at,
        last_message_key = s.key,
        last_message_preview = s.preview,
        last_activity_at = coalesce(s.at, c.created_at),
        window_expires_at = s.window_from + cast(:window as interval),
        version = c.version + 1,
        updated_at = :now
    from (
        select o.id, counted.*, newest.*
        from conversations o
        cross join lateral (
            select count(*) as messages,
                count(*) filter (
                    where m.direction = 'INBOUND' and m.type <> 'SYSTEM'
                        and (o.read_at is null or m.created_at > o.read_at)
                ) as unread,
                max(m.occurred_at) filter (where m.opens_window) as window_from
            from messages m where m.tenant_id = :tenant_id and m.conversation_id = o.id
        ) as counted
        left join lateral (
            select m.occurred_at as at, coalesce(m.external_id, cast(m.id as text)) as key,
                coalesce(nullif(left(m.text, 120), ''), '[' || lower(m.type) || ']') as preview
            from messages m where m.tenant_id = :tenant_id and m.conversation_id = o.id
            order by m.occurred_at desc, coalesce(m.external_id, cast(m.id as text)) collate "C" desc limit 1
        ) as newest on true
        where o.tenant_id = :tenant_id and o.id = any(cast(:ids as uuid[]))
    ) as s
    where c.tenant_id = :tenant_id and c.id = s.id
    """
)
_DOUBLES = text(
    """
    select least(a.id, b.id) as stays, greatest(a.id, b.id) as goes
    from conversations a
    join conversations b on b.tenant_id = a.tenant_id and b.channel_id = a.channel_id and b.contact_id = :survivor
    where a.tenant_id = :tenant_id and a.contact_id = :loser
    """
)
_MOVE_MESSAGES = text(
    "update messages set conversation_id = :stays where tenant_id = :tenant_id and conversation_id = :goes"
)
_FOLD = text(
    """
    update conversations c set
        status = case
            when 'BLOCKED' in (c.status, g.status) then 'BLOCKED'
            when 'OPEN' in (c.status, g.status) then 'OPEN'
            else c.status end,
        assigned_to = coalesce(c.assigned_to, g.assigned_to),
        tags = array(select distinct unnest(c.tags || g.tags) order by 1),
        read_at = least(c.read_at, g.read_at),
        created_at = least(c.created_at, g.created_at)
    from conversations g
    where c.tenant_id = :tenant_id and c.id = :stays and g.tenant_id = :tenant_id and g.id = :goes
    """
)
_DROP = text("delete from conversations where tenant_id = :tenant_id and id = :goes")
_HAND_OVER = text(
    "update conversations set contact_id = :survivor where tenant_id = :tenant_id and contact_id = :loser"
)


class ConversationRepository:
    """Conversations of one tenant. Whoever makes or moves them holds `ContactRepository.lock_people`."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id, self._now = uow.session, uow.tenant_id, uow.now

    def find(self, contact_id: str, channel_id: str) -> str | None:
        """The conversation of a contact on a channel."""
        asked = {"tenant_id": self._tenant_id, "contacts": [contact_id], "channels": [channel_id]}
        found = self._session.execute(_FIND, asked).first()
        return None if found is None else str(found.id)

    def find_or_add(self, threads: Iterable[Thread]) -> tuple[dict[Thread, str], set[str]]:
        """The conversation of each contact and channel, and the ids of those that are new."""
        wanted = sorted(set(threads))
        columns = {"contacts": [contact for contact, _ in wanted], "channels": [channel for _, channel in wanted]}
        rows = self._session.execute(_FIND, {"tenant_id": self._tenant_id, **columns})
        found = {(str(row.contact_id), str(row.channel_id)): str(row.id) for row in rows}
        added = {thread: new_id() for thread in wanted if thread not in found}
        if added:
            new = [
                {"id": id_, "contact_id": contact, "channel_id": channel} for (contact, channel), id_ in added.items()
            ]
            self._execute(_ADD, rows=as_json(new))
        return found | added, set(added.values())

    def grow(self, sums: Iterable[Growth]) -> None:
        """Add what new messages bring."""
        rows = [
            {
                "conversation_id": grown.conversation_id,
                "messages": grown.messages,
                "unread": grown.unread,
                "at": grown.at,
                "key": grown.key,
                "preview": grown.preview,
                "window_expires_at": grown.window_from + WINDOW if grown.window_from else None,
                "reopens": grown.reopens,
            }
            for grown in sums
        ]
        self._execute(_GROW, rows=as_json(rows))

    def recount(self, conversation_ids: Iterable[str]) -> None:
        """Say again from the messages what can be said from them."""
        self._execute(_RECOUNT, ids=sorted(set(conversation_ids)), window=WINDOW)

    def move_all(self, loser: str, survivor: str) -> None:
        """Give one contact's conversations to another. Two on one channel become one: the older id stays."""
        doubles = self._session.execute(
            _DOUBLES, {"tenant_id": self._tenant_id, "loser": loser, "survivor": survivor}
        ).all()
        for stays, goes in doubles:
            pair = {"tenant_id": self._tenant_id, "stays": stays, "goes": goes}
            self._session.execute(_MOVE_MESSAGES, pair)
            self._session.execute(_FOLD, pair)
            self._session.execute(_DROP, {"tenant_id": self._tenant_id, "goes": goes})
        self._session.execute(_HAND_OVER, {"tenant_id": self._tenant_id, "loser": loser, "survivor": survivor})
        if doubles:
            self.recount(str(stays) for stays, _ in doubles)

    def _execute(self, statement: Any, **values: Any) -> None:
        self._session.execute(statement, {"tenant_id": self._tenant_id, "now": self._now, **values})
