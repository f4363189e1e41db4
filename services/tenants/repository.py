"""Every SQL statement of `tenants`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import load_only

from services.common.contracts.tenants import (
    ChannelUnknown,
    CreateSalon,
    NumberTaken,
    SalonUnknown,
    TenantUnknown,
)
from services.common.kit import ids
from services.common.kit.database import domain_errors
from services.common.kit.paging import Order, Page, PageRequest, fetch_page
from services.common.kit.uow import UnitOfWork
from services.tenants.models import ChannelRow, SalonRow, TenantRow


class PlatformRepository:
    """What belongs to no tenant yet, or to one that is to be found: in `SYSTEM` scope."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    def find_tenant(self, tenant_id: str) -> TenantRow | None:
        """The tenant with this id."""
        return self._session.scalar(sa.select(TenantRow).where(TenantRow.tenant_id == tenant_id))

    def add_tenant(self, values: dict[str, Any]) -> TenantRow | None:
        """Insert, or None when the id or the slug is taken. Waits for others who are just taking them."""
        statement = insert(TenantRow).values(values).on_conflict_do_nothing().returning(TenantRow)
        return self._session.scalar(statement)

    def find_channels(self, **provider_ids: str) -> Sequence[ChannelRow]:
        """Active channels of all tenants with these ids, oldest first. Credentials stay behind."""
        routing = load_only(ChannelRow.type, ChannelRow.phone_number_id, ChannelRow.business_account_id, raiseload=True)
        found = sa.select(ChannelRow).options(routing).where(ChannelRow.is_active).filter_by(**provider_ids)
        return self._session.scalars(found.order_by(ChannelRow.created_at, ChannelRow.id)).all()


class TenantRepository:
    """The tenant itself."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id = uow.session, uow.tenant_id

    def get_tenant(self) -> TenantRow:
        """Raises `TenantUnknown`."""
        return self._one(sa.select(TenantRow))

    def lock_tenant(self) -> TenantRow:
        """The tenant, locked until the commit: whoever counts against the plan is alone with it.

        The weaker of the two locks for an update, so that rows which refer to the tenant can be inserted meanwhile.
        """
        return self._one(sa.select(TenantRow).with_for_update(key_share=True))

    def _one(self, statement: sa.Select[TenantRow]) -> TenantRow:
        found = self._session.scalar(statement.where(TenantRow.tenant_id == self._tenant_id))
        if found is None:
            raise TenantUnknown
        return found


class SalonRepository:
    """Locations of one tenant."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id, self._now = uow.session, uow.tenant_id, uow.now

    def add_salon(self, request: CreateSalon, slug: str) -> SalonRow | None:
        """Insert, or None when the tenant has a salon with this slug. Raises `TenantUnknown`."""
        values = {
            "tenant_id": self._tenant_id,
            "id": ids.new_id(),
            "name": request.name,
            "slug": slug,
            "timezone": request.timezone,
            "currency": request.currency,
            "phone": request.phone,
            "email": request.email,
            "address": sa.null() if request.address is None else request.address.to_wire(),
            "opening_hours": request.opening_hours or {},
            "slot_alignment": request.slot_alignment,
            "confirmation": request.confirmation.value,
            "is_active": True,
            "created_at": self._now,
            "updated_at": self._now,
        }
        taken = insert(SalonRow).on_conflict_do_nothing(constraint="salons_tenant_id_slug_key")
        with domain_errors({"salons_tenant_id_fkey": TenantUnknown}):
            return self._session.scalar(taken.values(values).returning(SalonRow))

    def get_salon(self, salon_id: str) -> tuple[SalonRow, str | None]:
        """The salon and the number of its default channel. Raises `SalonUnknown`."""
        found = self._session.execute(self._salons().where(SalonRow.id == salon_id)).first()
        if found is None:
            raise SalonUnknown
        return found[0], found[1]

    def list_salons(self, request: PageRequest) -> Page:
        """A page of salons with the numbers of their default channels, oldest first."""
        return fetch_page(self._session, self._salons(), Order(SalonRow.created_at, SalonRow.id), request)

    def _salons(self) -> sa.Select[SalonRow, str | None]:
        return sa.select(SalonRow, _default_number()).where(SalonRow.tenant_id == self._tenant_id)


def _default_number() -> sa.ScalarSelect[str | None]:
    """A salon's default channel is its oldest active one."""
    return (
        sa.select(ChannelRow.phone_number_id)
        .where(ChannelRow.tenant_id == SalonRow.tenant_id, ChannelRow.salon_id == SalonRow.id, ChannelRow.is_active)
        .order_by(ChannelRow.created_at, ChannelRow.id)
        .limit(1)
        .scalar_subquery()
    )


class ChannelRepository:
    """Channels of one tenant."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id = uow.session, uow.tenant_id

    def count_active(self) -> int:
        """For the plan's limit. Right until the commit only while the tenant is locked (`lock_tenant`)."""
        active = sa.select(sa.func.count()).where(ChannelRow.tenant_id == self._tenant_id, ChannelRow.is_active)
        return self._session.scalar(active) or 0

    def add_channel(self, row: ChannelRow) -> None:
        """Raises `NumberTaken`, whoever has the number, and `SalonUnknown`."""
        taken = {"channels_phone_number_id_key": NumberTaken, "channels_tenant_id_salon_id_fkey": SalonUnknown}
        with domain_errors(taken):
            self._session.add(row)
            self._session.flush()

    def get_channel(self, channel_id: str) -> ChannelRow:
        """Raises `ChannelUnknown`."""
        found = self._session.scalar(self._channels().where(ChannelRow.id == channel_id))
        if found is None:
            raise ChannelUnknown
        return found

    def list_channels(self, request: PageRequest) -> Page:
        """A page of channels, oldest first."""
        return fetch_page(self._session, self._channels(), Order(ChannelRow.created_at, ChannelRow.id), request)

    def _channels(self) -> sa.Select[ChannelRow]:
        return sa.select(ChannelRow).where(ChannelRow.tenant_id == self._tenant_id)
