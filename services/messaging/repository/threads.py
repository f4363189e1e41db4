"""Where a message of the business goes: contact, channel and the conversation of the two."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from services.common.contracts.messaging import ConversationUnknown
from services.common.kit.uow import UnitOfWork
from services.messaging.domain.items import Person
from services.messaging.domain.people import PHONE, USER, Key
from services.messaging.domain.phones import Address, phone_key, shown_phone
from services.messaging.models import ChannelRow, ContactRow, ConversationRow
from services.messaging.repository.channels import ChannelRepository
from services.messaging.repository.contacts import ContactRepository
from services.messaging.repository.conversations import ConversationRepository


class Thread(NamedTuple):
    """A conversation and its two ends."""

    conversation_id: str
    contact_id: str
    channel: ChannelRow
    is_new: bool = False


class ThreadRepository:
    """Conversations of one tenant, for who writes into them."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow, self._session, self._tenant_id = uow, uow.session, uow.tenant_id

    def get_thread(self, conversation_id: str) -> Thread:
        """Raises `ConversationUnknown`. The conversation stays until the commit."""
        ContactRepository(self._uow).keep_people()
        ends = sa.select(ConversationRow.contact_id, ConversationRow.channel_id)
        found = self._session.execute(ends.where(self._conversation(conversation_id))).first()
        if found is None:
            raise ConversationUnknown
        return Thread(conversation_id, found.contact_id, ChannelRepository(self._uow).get_channel(found.channel_id))

    def find_or_add(self, address: Address, channel: ChannelRow) -> Thread:
        """The conversation stays until the commit.

        Whoever makes a contact or conversation is alone with the tenant's people; who finds one shares them.
        It is looked for twice, because a shared lock cannot be exchanged for a sole one without the risk of a deadlock.
        """
        phone = phone_key(address.digits) if address.digits else None
        person = Person(address.user_id, phone, address.digits)
        contacts, conversations = ContactRepository(self._uow), ConversationRepository(self._uow)
        if self._find(person, channel) is not None:
            contacts.keep_people()
            if (found := self._find(person, channel)) is not None:
                return found
        contacts.lock_people()
        contact_id = contacts.find_contact(_key(person)) or contacts.join([person], []).contact_of(person) or ""
        ids, added = conversations.find_or_add([(contact_id, channel.id)])
        return Thread(ids[contact_id, channel.id], contact_id, channel, is_new=bool(added))

    def _find(self, person: Person, channel: ChannelRow) -> Thread | None:
        contact_id = ContactRepository(self._uow).find_contact(_key(person))
        if contact_id is None:
            return None
        found = ConversationRepository(self._uow).find(contact_id, channel.id)
        return None if found is None else Thread(found, contact_id, channel)

    def get_addresses(self, conversation_id: str) -> tuple[str | None, str | None]:
        """As whom the business writes in the conversation, and to whom, as they are shown."""
        channel = sa.and_(
            ChannelRow.tenant_id == ConversationRow.tenant_id, ChannelRow.id == ConversationRow.channel_id
        )
        contact = sa.and_(
            ContactRow.tenant_id == ConversationRow.tenant_id, ContactRow.id == ConversationRow.contact_id
        )
        asked = (
            sa.select(
                ChannelRow.display_phone_number,
                sa.func.coalesce(ContactRow.phone_number, ContactRow.user_id, ContactRow.wa_id),
            )
            .select_from(ConversationRow)
            .join(ChannelRow, channel)
            .join(ContactRow, contact)
            .where(self._conversation(conversation_id))
        )
        display_number, recipient = self._session.execute(asked).one()
        return shown_phone(display_number), recipient

    def _conversation(self, conversation_id: str) -> sa.ColumnElement[bool]:
        return sa.and_(ConversationRow.tenant_id == self._tenant_id, ConversationRow.id == conversation_id)


def _key(person: Person) -> Key:
    return (USER, person.user_id) if person.user_id else (PHONE, person.phone or "")
