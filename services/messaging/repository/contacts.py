"""People and their addresses."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import text

from services.common.kit.ids import new_id
from services.common.kit.uow import UnitOfWork
from services.messaging.domain.items import Person, Succession
from services.messaging.domain.people import Binding, Key, People, Profile, Proof, keys_of, profiles_of
from services.messaging.repository import bulk
from services.messaging.repository.conversations import ConversationRepository

_LOAD = text(
    """
    select kind, value, contact_id, proof_at, proof_user_id from contact_identities
    where tenant_id = :tenant_id and contact_id in (
        select i.contact_id
        from unnest(cast(:kinds as text[]), cast(:values as text[])) as asked (kind, value)
        join contact_identities i on i.tenant_id = :tenant_id and i.kind = asked.kind and i.value = asked.value
    )
    """
)


def _newer(part: str) -> str:
    """Whether the given value of a part is newer than the stored one; in doubt the greater one, as in Python."""
    return (
        f"(excluded.{part}_at is not null and (c.{part}_at is null or excluded.{part}_at > c.{part}_at"
        f' or (excluded.{part}_at = c.{part}_at and excluded.{part} collate "C" > c.{part} collate "C")))'
    )


def _take(column: str, part: str) -> str:
    return f"{column} = case when {_newer(part)} then excluded.{column} else c.{column} end"


_PARTS = ("name", "username", "user_id", "wa_id")
_COLUMNS = {part: (part, f"{part}_at") for part in _PARTS} | {"wa_id": ("wa_id", "wa_id_at", "phone", "phone_number")}
_ALL_COLUMNS = ", ".join(column for part in _PARTS for column in _COLUMNS[part])
_ON_CONFLICT = (
    " on conflict (tenant_id, id) do update set "
    + ", ".join(_take(column, part) for part in _PARTS for column in _COLUMNS[part])
    + ", created_at = least(c.created_at, excluded.created_at), updated_at = excluded.updated_at where "
    + " or ".join(_newer(part) for part in _PARTS)
)
_PUT = text(
    f"""
    with put as (
        insert into contacts as c (tenant_id, id, {_ALL_COLUMNS}, created_at, updated_at)
        select :tenant_id, r.id, {_ALL_COLUMNS}, :now, :now
        from jsonb_to_recordset(cast(:contacts as jsonb)) as r (
            id uuid, name text, name_at timestamptz, username text, username_at timestamptz, user_id text,
            user_id_at timestamptz, wa_id text, wa_id_at timestamptz, phone text, phone_number text
        )
        order by r.id
        {_ON_CONFLICT}
    )
    insert into contact_identities as i (tenant_id, kind, value, contact_id, proof_at, proof_user_id)
    select :tenant_id, r.kind, r.value, r.contact_id, r.proof_at, r.proof_user_id
    from jsonb_to_recordset(cast(:addresses as jsonb)) as r (
        kind text, value text, contact_id uuid, proof_at timestamptz, proof_user_id text
    )
    order by r.kind, r.value
    on conflict (tenant_id, kind, value) do update set contact_id = excluded.contact_id,
        proof_at = excluded.proof_at, proof_user_id = excluded.proof_user_id
    """  # noqa: S608  the names are the constants above
)
_FOLD = text(
    f"""
    insert into contacts as c (tenant_id, id, {_ALL_COLUMNS}, created_at, updated_at)
    select tenant_id, cast(:survivor as uuid), {_ALL_COLUMNS}, created_at, :now from contacts
    where tenant_id = :tenant_id and id = :loser
    {_ON_CONFLICT}
    """  # noqa: S608  the names are the constants above
)
_MOVE_ADDRESSES = text(
    "update contact_identities set contact_id = :survivor where tenant_id = :tenant_id and contact_id = :loser"
)
_DROP = text("delete from contacts where tenant_id = :tenant_id and id = :loser")
_FORGET_PHONE = text(
    """
    update contacts set wa_id = null, wa_id_at = null, phone = null, phone_number = null, updated_at = :now
    where tenant_id = :tenant_id and id = :contact_id and phone = :phone
    """
)
_FIND = text(
    """
    select contact_id from contact_identities
    where tenant_id = :tenant_id and kind = :kind and value = :value
    """
)


def people_lock(tenant_id: str) -> str:
    """Whoever makes or joins contacts and conversations of a tenant holds this one."""
    return f"people:{tenant_id}"


class ContactRepository:
    """People of one tenant. Whoever joins or makes contacts must be alone with them: `people_lock` first."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow, self._session, self._tenant_id, self._now = uow, uow.session, uow.tenant_id, uow.now

    def lock_people(self) -> None:
        """Until the commit nobody else makes or joins contacts and conversations of this tenant."""
        bulk.lock(self._session, [people_lock(self._tenant_id)])

    def keep_people(self) -> None:
        """Until the commit nobody joins contacts and conversations of this tenant, so that what was found stays."""
        bulk.lock_shared(self._session, people_lock(self._tenant_id))

    def find_contact(self, key: Key) -> str | None:
        """The contact with this address."""
        kind, value = key
        found = self._session.execute(_FIND, {"tenant_id": self._tenant_id, "kind": kind, "value": value}).scalar()
        return str(found) if found is not None else None

    def join(self, seen: Iterable[Person], successions: Iterable[Succession]) -> People:
        """Store who has been seen, and who turned out to be whom; return everybody's contact."""
        seen, successions = list(seen), list(successions)
        everybody = [*seen, *(person for succession in successions for person in succession)]
        people = People(self._load(keys_of(everybody)), new_id)
        for person in seen:
            people.see(person)
        for succession in successions:
            people.succeed(succession)
        self._store(people, profiles_of(people, everybody))
        return people

    def _load(self, keys: set[Key]) -> dict[Key, Binding]:
        kinds, values = [kind for kind, _ in keys], [value for _, value in keys]
        rows = self._session.execute(_LOAD, {"tenant_id": self._tenant_id, "kinds": kinds, "values": values})
        return {
            (kind, value): Binding(str(contact_id), Proof(proof_at, proof_user_id))
            for kind, value, contact_id, proof_at, proof_user_id in rows
        }

    def _store(self, people: People, profiles: list[Profile]) -> None:
        contacts = bulk.as_json(_profile_row(profile) for profile in profiles)
        addresses = bulk.as_json(_binding_row(people, key) for key in people.changed)
        values = {"tenant_id": self._tenant_id, "contacts": contacts, "addresses": addresses, "now": self._now}
        self._session.execute(_PUT, values)
        for loser in sorted(people.merged.keys() - people.created):
            self._merge(loser, people.survivor(loser))
        for contact_id, phone in people.lost:
            values = {"tenant_id": self._tenant_id, "contact_id": people.survivor(contact_id), "phone": phone}
            self._session.execute(_FORGET_PHONE, values | {"now": self._now})

    def _merge(self, loser: str, survivor: str) -> None:
        values = {"tenant_id": self._tenant_id, "loser": loser, "survivor": survivor}
        self._session.execute(_FOLD, values | {"now": self._now})
        self._session.execute(_MOVE_ADDRESSES, values)
        ConversationRepository(self._uow).move_all(loser, survivor)
        self._session.execute(_DROP, {"tenant_id": self._tenant_id, "loser": loser})


def _profile_row(profile: Profile) -> dict[str, Any]:
    row: dict[str, Any] = {"id": profile.contact_id, "phone": profile.phone, "phone_number": profile.phone_number}
    for part in _PARTS:
        held: tuple[datetime, str] | None = getattr(profile, part)
        row[f"{part}_at"], row[part] = held if held is not None else (None, None)
    return row


def _binding_row(people: People, key: Key) -> dict[str, Any]:
    binding = people.bindings[key]
    return {
        "kind": key[0],
        "value": key[1],
        "contact_id": people.survivor(binding.contact_id),
        "proof_at": binding.proof.at,
        "proof_user_id": binding.proof.user_id,
    }
