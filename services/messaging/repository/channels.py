"""The copy of the tenants' channels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from services.common.contracts.messaging import ChannelAmbiguous, ChannelUnknown
from services.common.contracts.tenants import ChannelConnectedV1, ChannelType
from services.common.kit.uow import UnitOfWork
from services.messaging.domain.items import Route
from services.messaging.domain.phones import digits_of
from services.messaging.models import ChannelRow
from services.messaging.repository import bulk

_ROUTING = "routing"

_FIND = text(
    """
    select tenant_id, id, phone_number_id, business_account_id, display_phone_number, is_active, is_proved from channels
    where phone_number_id = any(:numbers) or business_account_id = any(:accounts)
    order by is_active, updated_at, id
    """
)


class Line(NamedTuple):
    """A channel as far as routing is concerned."""

    tenant_id: str
    channel_id: str
    phone_number_id: str | None
    business_account_id: str | None
    display_phone_number: str | None
    is_active: bool
    is_proved: bool


class Lines:
    """The channels that a batch of items needs. Where several have a number, the active and latest has it.

    News of an account are for those who are connected to it now: who has proved that it is theirs, if anybody has.
    """

    def __init__(self, found: Iterable[Line]) -> None:
        self._by_number: dict[str, Line] = {}
        self._by_account: dict[str, list[Line]] = {}
        for line in found:
            if line.phone_number_id:
                self._by_number[line.phone_number_id] = line
            if line.business_account_id and line.is_active:
                self._by_account.setdefault(line.business_account_id, []).append(line)

    def of(self, route: Route) -> list[Line]:
        """The channel of the number; without a number, one channel for each tenant of the account."""
        if route.phone_number_id is not None:
            line = self._by_number.get(route.phone_number_id)
            return [line] if line else []
        for account_id in route.account_ids:
            if account_id in self._by_account:
                lines = self._by_account[account_id]
                proved = [line for line in lines if line.is_proved]
                return _one_for_each_tenant(proved or lines, route.display_number)
        return []


def _one_for_each_tenant(lines: Iterable[Line], display_number: str | None) -> list[Line]:
    """Those with the number that is shown, if there are any; of each tenant the latest."""
    lines = list(lines)
    shown = [line for line in lines if display_number and digits_of(line.display_phone_number or "") == display_number]
    return [line for _, line in sorted({line.tenant_id: line for line in shown or lines}.items())]


class Account(NamedTuple):
    """A WhatsApp business account that the tenant is connected to, with the credentials of one of its channels.

    `salon_id` is that of the account's channels, where they all have the same one.
    """

    account_id: str
    channel_id: str
    credentials: str
    salon_id: str | None


class RoutingRepository:
    """Channels of all tenants by the provider's ids, in `SYSTEM` scope."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    def find_lines(self, routes: Iterable[Route]) -> Lines:
        """The channels of these routes. Anew for each batch: a channel that has just appeared must be seen."""
        wanted = set(routes)
        numbers = [route.phone_number_id for route in wanted if route.phone_number_id is not None]
        accounts = [account for route in wanted if route.phone_number_id is None for account in route.account_ids]
        if not numbers and not accounts:
            return Lines(())
        found = self._session.execute(_FIND, {"numbers": numbers, "accounts": accounts})
        return Lines(Line(str(row[0]), str(row[1]), *row[2:]) for row in found)

    def list_tenants(self) -> list[str]:
        """Every tenant that has a channel."""
        return list(self._session.scalars(sa.select(ChannelRow.tenant_id).distinct()))

    def hold_channels_back(self) -> None:
        """Until the commit no channel appears: what is set aside now will be found by the next one that does."""
        bulk.lock_shared(self._session, _ROUTING)

    def let_a_channel_appear(self) -> None:
        """Wait until everything that is being set aside can be seen; before storing a channel."""
        bulk.lock(self._session, [_ROUTING])


class ChannelRepository:
    """Channels of one tenant."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id, self._now = uow.session, uow.tenant_id, uow.now

    def store(self, event: ChannelConnectedV1) -> bool:
        """Keep the newer version; False when this one is no news."""
        values = {
            "type": event.channel_type,
            "name": event.name,
            "salon_id": event.salon_id,
            "phone_number_id": event.phone_number_id,
            "business_account_id": event.business_account_id,
            "display_phone_number": event.display_phone_number,
            "credentials": event.credentials,
            "is_active": event.is_active,
            "is_proved": event.is_proved,
            "version": event.version,
            "updated_at": self._now,
        }
        identity = {"tenant_id": self._tenant_id, "id": event.channel_id, "created_at": self._now}
        statement = (
            insert(ChannelRow)
            .values(**identity, **values)
            .on_conflict_do_update(
                index_elements=["tenant_id", "id"], set_=values, where=ChannelRow.version < event.version
            )
            .returning(ChannelRow.id)
        )
        return self._session.scalar(statement) is not None

    def get_channel(self, channel_id: str) -> ChannelRow:
        """Raises `ChannelUnknown`."""
        found = self._session.scalar(self._channels().where(ChannelRow.id == channel_id))
        if found is None:
            raise ChannelUnknown
        return found

    def get_channel_of_number(self, phone_number_id: str) -> ChannelRow:
        """The active one first. Raises `ChannelUnknown`."""
        mine = self._channels().where(ChannelRow.phone_number_id == phone_number_id)
        found = self._session.scalars(mine.order_by(sa.desc(ChannelRow.is_active), ChannelRow.id).limit(1)).first()
        if found is None:
            raise ChannelUnknown
        return found

    def get_only_channel(self) -> ChannelRow:
        """Raises `ChannelAmbiguous` unless the tenant has exactly one active WhatsApp channel."""
        active = self._channels().where(ChannelRow.is_active, ChannelRow.type == ChannelType.WHATSAPP_CLOUD.value)
        found = self._session.scalars(active.limit(2)).all()
        if len(found) != 1:
            raise ChannelAmbiguous
        return found[0]

    def list_accounts(self) -> list[Account]:
        """The accounts of the active WhatsApp channels; of each, the credentials that changed last."""
        whatsapp = self._channels().where(ChannelRow.is_active, ChannelRow.type == ChannelType.WHATSAPP_CLOUD.value)
        connected = whatsapp.where(ChannelRow.business_account_id.is_not(None), ChannelRow.credentials.is_not(None))
        accounts: dict[str, Account] = {}
        for row in self._session.scalars(connected.order_by(ChannelRow.updated_at, ChannelRow.id)):
            account_id, credentials = str(row.business_account_id), str(row.credentials)
            before = accounts.get(account_id)
            salon_id = row.salon_id if before is None or before.salon_id == row.salon_id else None
            accounts[account_id] = Account(account_id, row.id, credentials, salon_id)
        return list(accounts.values())

    def _channels(self) -> sa.Select[ChannelRow]:
        return sa.select(ChannelRow).where(ChannelRow.tenant_id == self._tenant_id)
