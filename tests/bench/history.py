"""A tenant with a past: its people, and customers with conversations and messages, put into the databases directly."""

from __future__ import annotations

from typing import Any

from tests.bench.letters import Number

CUSTOMERS = 20_000
MESSAGES_EACH = 10
USERS = 200

# Ids as the product makes them: ordered by time, so that indexes are as dense as they would be.
_ID_AT = """
create function pg_temp.id_at(at timestamptz) returns uuid language sql volatile as $$
    select (lpad(to_hex(cast(extract(epoch from at) * 1000 as bigint)), 12, '0') || '7' || substr(r, 1, 3)
        || '8' || substr(r, 4, 15))::uuid from (select md5(random()::text || clock_timestamp()::text) as r) as chance
$$
"""
_PEOPLE = """
create temp table people as
select n, '49151' || lpad(n::text, 8, '0') as phone, 'DE.' || %(account)s || lpad(n::text, 8, '0') as user_id,
    began, pg_temp.id_at(began) as contact_id, pg_temp.id_at(began) as conversation_id,
    case when n %% 4 = 0 then 'CLOSED' else 'OPEN' end as status
from (select n, now() - (%(customers)s - n) * interval '6 minutes' - interval '2 days' as began
      from generate_series(1, %(customers)s) as n) as listed
"""
_CONTACTS = """
insert into contacts (tenant_id, id, name, name_at, user_id, user_id_at, wa_id, wa_id_at, phone, phone_number,
    created_at, updated_at)
select cast(%(tenant)s as uuid), contact_id, 'Customer ' || n, began, user_id, began, phone, began, phone,
    '+' || phone, began, began
from people order by n
"""
_IDENTITIES = """
insert into contact_identities (tenant_id, kind, value, contact_id, proof_at, proof_user_id)
select cast(%(tenant)s as uuid), 'USER', user_id, contact_id, 'epoch', '' from people
union all select cast(%(tenant)s as uuid), 'PHONE', phone, contact_id, began, user_id from people
"""
_CONVERSATIONS = """
insert into conversations (tenant_id, id, contact_id, channel_id, status, tags, priority, unread_count, message_count,
    last_message_at, last_message_key, last_message_preview, last_activity_at, window_expires_at, version, created_at,
    updated_at)
select cast(%(tenant)s as uuid), conversation_id, contact_id, cast(%(channel)s as uuid), status, '{}', 'NORMAL',
    n %% 3, %(each)s, ended, '', 'See you then', ended, ended + interval '1 day', %(each)s, began, ended
from (select *, began + %(each)s * interval '1 hour' as ended from people) as with_end order by n
"""
_MESSAGES = """
insert into messages (tenant_id, id, conversation_id, channel_id, direction, type, status, content, text, external_id,
    digest, sender, recipient, opens_window, attempts, occurred_at, sent_at, delivered_at, created_at, updated_at)
select cast(%(tenant)s as uuid), pg_temp.id_at(at), conversation_id, cast(%(channel)s as uuid),
    case when inbound then 'INBOUND' else 'OUTBOUND' end, 'TEXT',
    case when inbound then 'RECEIVED' else 'DELIVERED' end,
    jsonb_build_object('text', words), words, 'wamid.past' || n || '.' || k, case when inbound then md5(words) end,
    case when inbound then '+' || phone else %(display)s end, case when inbound then %(display)s else '+' || phone end,
    inbound, 0, at, at, case when not inbound then at end, at, at
from (select *, began + k * interval '1 hour' as at, k %% 2 = 1 as inbound,
             repeat('See you then, ', 1 + (n + k) %% 6) as words
      from people, generate_series(1, %(each)s) as k) as said
order by at
"""


_HIRE = """
with addresses as (select 'user' || n || '@bench.example' as email from generate_series(1, %s) as n),
    changes as (
        select jsonb_build_object('id', gen_random_uuid(), 'email', email, 'email_key', email) as own from addresses
    )
insert into users
select (jsonb_populate_record(users, own)).* from users, changes where users.email = %s
returning email
"""


def write(cursor: Any, tenant_id: str, channel_id: str, number: Number) -> None:
    """Insert everything; the customers are those from 1 to `CUSTOMERS`. Needs a cursor in autocommit mode."""
    values = {
        "tenant": tenant_id,
        "channel": channel_id,
        "account": number.account_id,
        "display": number.display,
        "customers": CUSTOMERS,
        "each": MESSAGES_EACH,
    }
    cursor.execute(_ID_AT)
    for statement in (_PEOPLE, _CONTACTS, _IDENTITIES, _CONVERSATIONS, _MESSAGES):
        cursor.execute(statement, values)
    cursor.execute("vacuum analyze")
    cursor.execute("checkpoint")


def hire(cursor: Any, owner: str) -> list[str]:
    """Users who differ from the owner by id and address alone. Return the addresses."""
    cursor.execute(_HIRE, (USERS, owner))
    return [email for (email,) in cursor.fetchall()]
