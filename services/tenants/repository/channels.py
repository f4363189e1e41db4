"""Channels of one tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from services.common.contracts.tenants import (
    ChannelType,
    ChannelUnknown,
    NumberTaken,
    SalonUnknown,
)
from services.common.kit.database import domain_errors
from services.common.kit.paging import Order, Page, PageRequest, fetch_page
from services.common.kit.uow import UnitOfWork
from services.tenants.models import ChannelRow, ChannelTrafficRow, SalonRow

_TAKEN = {
    "channels_phone_number_id_key": NumberTaken,
    "channels_bot_id_key": NumberTaken,
    "channels_tenant_id_salon_id_fkey": SalonUnknown,
}


class ChannelRepository:
    """Whoever adds or connects one has locked the tenant before, and counted."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id, self._now = uow.session, uow.tenant_id, uow.now

    def count_active(self) -> int:
        """For the plan's limit. Right until the commit only while the tenant is locked (`lock_tenant`)."""
        active = sa.select(sa.func.count()).where(ChannelRow.tenant_id == self._tenant_id, ChannelRow.is_active)
        return self._session.scalar(active) or 0

    def add_channel(self, row: ChannelRow) -> None:
        """Raises `NumberTaken`, whoever has the number or the bot, and `SalonUnknown`."""
        self._check_salon(row.salon_id)
        with domain_errors(_TAKEN):
            self._session.add(row)
            self._session.flush()

    def proved_elsewhere(self, row: ChannelRow) -> bool | None:
        """Whether another tenant, who has proved that number or bot is its own, holds it now. None: nobody has."""
        held: bool | None = self._session.scalar(sa.select(sa.func.proved_elsewhere(row.phone_number_id, row.bot_id)))
        return held

    def change(self, row: ChannelRow, values: Mapping[str, Any]) -> None:
        """Of a channel that is locked; it gets the next version. Raises as `add_channel`."""
        if values.get("salon_id") is not None:
            self._check_salon(values["salon_id"])
        with domain_errors(_TAKEN):
            for name, value in values.items():
                setattr(row, name, value)
            row.version += 1
            row.updated_at = self._now
            self._session.flush()

    def name_default(self, row: ChannelRow) -> None:
        """Of a channel that is locked: the one that the tenant has named last. Nobody else knows of it."""
        row.tenant_default_at = self._now
        self._session.flush()

    def get_channel(self, channel_id: str) -> ChannelRow:
        """Raises `ChannelUnknown`."""
        return self._one(self._channels().where(ChannelRow.id == channel_id))

    def lock_channel(self, channel_id: str) -> ChannelRow:
        """The channel, locked until the commit. Raises `ChannelUnknown`."""
        return self._one(_locked(self._channels().where(ChannelRow.id == channel_id)))

    def find_to_rewrap(self, channel_id: str) -> ChannelRow | None:
        """The channel, locked; None when somebody else works on it, or it is gone."""
        waiting = self._channels().where(ChannelRow.id == channel_id)
        return self._session.scalar(waiting.with_for_update(key_share=True, skip_locked=True))

    def list_channels(self, request: PageRequest) -> Page:
        """A page of channels, oldest first."""
        return fetch_page(self._session, self._channels(), Order(ChannelRow.created_at, ChannelRow.id), request)

    def lock_channels_of(self, salon_id: str) -> Sequence[ChannelRow]:
        """All channels of a salon, locked in the order of their ids."""
        found = self._channels().where(ChannelRow.salon_id == salon_id).order_by(ChannelRow.id)
        return self._session.scalars(_locked(found)).all()

    def lock_all(self) -> Sequence[ChannelRow]:
        """All channels of the tenant, locked in the order of their ids."""
        return self._session.scalars(_locked(self._channels().order_by(ChannelRow.id))).all()

    def find_by_number(self, phone_number_id: str) -> ChannelRow | None:
        """The tenant's active channel with this number; else the one that had it last."""
        return self._session.scalar(self._with_number(phone_number_id))

    def lock_by_number(self, phone_number_id: str) -> ChannelRow | None:
        """The same, locked until the commit."""
        return self._session.scalar(_locked(self._with_number(phone_number_id)))

    def lock_default(self) -> ChannelRow | None:
        """As `find_default`, locked until the commit; of a tenant that is locked."""
        return self._session.scalar(_locked(self._default()))

    def find_default(self) -> ChannelRow | None:
        """The tenant's default channel: the active number that was named so last, else the oldest one."""
        return self._session.scalar(self._default())

    def find_bot(self, salon_id: str) -> ChannelRow | None:
        """The active bot of a salon, else the tenant's one without a salon; of several the oldest."""
        bots = self._channels().where(ChannelRow.is_active, ChannelRow.type == ChannelType.TELEGRAM.value)
        here = bots.where(sa.or_(ChannelRow.salon_id == salon_id, ChannelRow.salon_id.is_(None)))
        own_first = ChannelRow.salon_id.is_(None)
        return self._session.scalar(here.order_by(own_first, ChannelRow.created_at, ChannelRow.id).limit(1))

    def find_traffic(self, channel_id: str) -> ChannelTrafficRow | None:
        """When something last went through."""
        mine = sa.select(ChannelTrafficRow).where(ChannelTrafficRow.tenant_id == self._tenant_id)
        return self._session.scalar(mine.where(ChannelTrafficRow.channel_id == channel_id))

    def _default(self) -> sa.Select[ChannelRow]:
        numbers = self._channels().where(ChannelRow.is_active, ChannelRow.type == ChannelType.WHATSAPP_CLOUD.value)
        named_last = ChannelRow.tenant_default_at.desc().nulls_last()
        return numbers.order_by(named_last, ChannelRow.created_at, ChannelRow.id).limit(1)

    def _with_number(self, phone_number_id: str) -> sa.Select[ChannelRow]:
        found = self._channels().where(ChannelRow.phone_number_id == phone_number_id)
        return found.order_by(ChannelRow.is_active.desc(), ChannelRow.created_at.desc(), ChannelRow.id).limit(1)

    def _check_salon(self, salon_id: str | None) -> None:
        """The foreign key knows no closed salons. The lock keeps it from being closed meanwhile."""
        if salon_id is None:
            return
        open_ones = sa.select(SalonRow.id).where(SalonRow.tenant_id == self._tenant_id, SalonRow.deleted_at.is_(None))
        if self._session.scalar(open_ones.where(SalonRow.id == salon_id).with_for_update(read=True)) is None:
            raise SalonUnknown

    def _one(self, statement: sa.Select[ChannelRow]) -> ChannelRow:
        found = self._session.scalar(statement)
        if found is None:
            raise ChannelUnknown
        return found

    def _channels(self) -> sa.Select[ChannelRow]:
        return sa.select(ChannelRow).where(ChannelRow.tenant_id == self._tenant_id, ChannelRow.deleted_at.is_(None))


def _locked(statement: sa.Select[ChannelRow]) -> sa.Select[ChannelRow]:
    """Locked until the commit, and as they are then: the session may have read them before."""
    return statement.with_for_update(key_share=True).execution_options(populate_existing=True)
