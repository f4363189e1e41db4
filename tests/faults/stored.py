"""What the system says: its databases, read as their administrator because row-level security binds everybody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from deploy.local.databases import SERVICES

_CONNECT_SECONDS = 5


class StoredMessage(NamedTuple):
    """A message of a customer with everything it hangs on."""

    wamid: str
    tenant_id: str
    phone_number_id: str
    wa_id: str
    name: str
    text: str
    conversation_id: str
    created_at: float


class StoredOrder(NamedTuple):
    """A message of a business."""

    client_id: str
    tenant_id: str
    message_id: str
    phone_number_id: str
    wa_id: str
    text: str
    status: str


class Total(NamedTuple):
    """Of one tenant: what `messaging` has, and what its counters and those of `analytics` say."""

    inbound: int
    outbound: int
    in_conversations: int
    received: int
    queued: int


@dataclass(slots=True)
class Facts:
    """One look at the databases and at the stand-in for the provider."""

    messages: list[StoredMessage] = field(default_factory=list)
    orders: list[StoredOrder] = field(default_factory=list)
    totals: dict[str, Total] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    """How often the provider took each of our message ids."""


_MESSAGES = """
    select m.external_id, m.tenant_id, h.phone_number_id, coalesce(p.wa_id, ''), coalesce(p.name, ''),
           coalesce(m.text, ''), m.conversation_id, extract(epoch from m.created_at)
      from messages m
      join conversations c on (c.tenant_id, c.id) = (m.tenant_id, m.conversation_id)
      join contacts p on (p.tenant_id, p.id) = (c.tenant_id, c.contact_id)
      join channels h on (h.tenant_id, h.id) = (c.tenant_id, c.channel_id) and h.id = m.channel_id
     where m.direction = 'INBOUND' and m.external_id like %s
"""
_ORDERS = """
    select m.client_message_id, m.tenant_id, m.id, h.phone_number_id, coalesce(p.wa_id, ''), coalesce(m.text, ''),
           m.status
      from messages m
      join conversations c on (c.tenant_id, c.id) = (m.tenant_id, m.conversation_id)
      join contacts p on (p.tenant_id, p.id) = (c.tenant_id, c.contact_id)
      join channels h on (h.tenant_id, h.id) = (c.tenant_id, c.channel_id) and h.id = m.channel_id
     where m.direction = 'OUTBOUND' and m.client_message_id like %s
"""
_STORED = """
    select c.tenant_id, coalesce(sum(m.inbound), 0), coalesce(sum(m.outbound), 0), sum(c.message_count)
      from conversations c
      left join (
          select tenant_id, conversation_id, count(*) filter (where direction = 'INBOUND') as inbound,
                 count(*) filter (where direction = 'OUTBOUND') as outbound
            from messages group by tenant_id, conversation_id
      ) m on (m.tenant_id, m.conversation_id) = (c.tenant_id, c.id)
     group by c.tenant_id
"""
_COUNTED = "select tenant_id, sum(received), sum(queued) from activity group by tenant_id"
_WAITING = "select count(*) from outbox where published_at is null"
_UNSETTLED = """
    select count(*) from messages where direction = 'OUTBOUND' and client_message_id like %s
       and status in ('QUEUED', 'SENDING')
"""
_HAVE = "select count(*) from messages where direction = 'INBOUND' and external_id = any(%s)"


class Databases:
    """Each question opens a connection of its own: the server may have been restarted since the last one."""

    def __init__(self, admin_url: str, wamids: str, client_ids: str) -> None:
        self._admin_url = admin_url
        self._wamids, self._client_ids = f"{wamids}%", f"{client_ids}%"

    def messages(self) -> list[StoredMessage]:
        """This run's messages of customers."""
        rows = self._ask("messaging", _MESSAGES, self._wamids)
        return [StoredMessage._make([*map(str, texts), float(created_at)]) for *texts, created_at in rows]

    def orders(self) -> list[StoredOrder]:
        """This run's messages of businesses."""
        return [StoredOrder(*map(str, row)) for row in self._ask("messaging", _ORDERS, self._client_ids)]

    def totals(self) -> dict[str, Total]:
        """Every tenant's totals."""
        stored = {str(tenant): tuple(map(int, row)) for tenant, *row in self._ask("messaging", _STORED)}
        counted = {str(tenant): tuple(map(int, row)) for tenant, *row in self._ask("analytics", _COUNTED)}
        return {tenant: Total(*row, *counted.get(tenant, (0, 0))) for tenant, row in stored.items()}

    def count_stored(self, wamids: list[str]) -> int:
        """How many of these messages are there."""
        return int(self._ask("messaging", _HAVE, wamids)[0][0])

    def count_unsettled(self) -> int:
        """How many of this run's sends are still under way."""
        return int(self._ask("messaging", _UNSETTLED, self._client_ids)[0][0])

    def count_unpublished(self) -> int:
        """Events in any outbox that the broker does not have yet."""
        return sum(int(self._ask(service, _WAITING)[0][0]) for service in SERVICES)

    @contextmanager
    def connected(self, database: str) -> Iterator[Any]:
        """A cursor of the administrator, each statement by itself."""
        url = urlunsplit(urlsplit(self._admin_url)._replace(path=f"/{database}"))
        with closing(psycopg2.connect(url, connect_timeout=_CONNECT_SECONDS)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                yield cursor

    def _ask(self, database: str, question: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.connected(database) as cursor:
            cursor.execute(question, values or None)
            return list(cursor.fetchall())
