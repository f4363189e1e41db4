"""Locations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.common.contracts.tenants import CreateSalon, SalonUnknown, SlugTaken, TenantUnknown
from services.common.kit import ids
from services.common.kit.database import domain_errors
from services.common.kit.paging import Order, Page, PageRequest, fetch_page
from services.common.kit.uow import UnitOfWork
from services.tenants.models import ChannelRow, SalonRow
from services.tenants.repository import changes

Shown = tuple[SalonRow, str | None]
"""A salon and the number of its default channel."""


class SalonReader:
    """Locations of one tenant or, in `SYSTEM` scope, of all."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session: Session = uow.session
        self._tenant_id = uow.tenant_id if uow.has_tenant else None

    def get_salon(self, salon_id: str) -> Shown:
        """Raises `SalonUnknown`."""
        found = self._session.execute(self._salons().where(SalonRow.id == salon_id)).first()
        if found is None:
            raise SalonUnknown
        return found[0], found[1]

    def list_salons(self, request: PageRequest) -> Page:
        """A page of salons with the numbers of their default channels, oldest first."""
        return fetch_page(self._session, self._salons(), Order(SalonRow.created_at, SalonRow.id), request)

    def _salons(self) -> sa.Select[SalonRow, str | None]:
        found = sa.select(SalonRow, _default_number()).where(SalonRow.deleted_at.is_(None))
        return found if self._tenant_id is None else found.where(SalonRow.tenant_id == self._tenant_id)


def _default_number() -> sa.ScalarSelect[str | None]:
    """A salon's default channel is the active one that was named so last, else the oldest."""
    return (
        sa.select(ChannelRow.phone_number_id)
        .where(ChannelRow.tenant_id == SalonRow.tenant_id, ChannelRow.salon_id == SalonRow.id, ChannelRow.is_active)
        .where(ChannelRow.phone_number_id.is_not(None))
        .order_by(ChannelRow.salon_default_at.desc().nulls_last(), ChannelRow.created_at, ChannelRow.id)
        .limit(1)
        .scalar_subquery()
    )


class SalonRepository:
    """Locations of one tenant, to be changed."""

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

    def lock_salon(self, salon_id: str) -> SalonRow:
        """The salon, locked until the commit. Raises `SalonUnknown`."""
        mine = sa.select(SalonRow).where(SalonRow.tenant_id == self._tenant_id, SalonRow.deleted_at.is_(None))
        found = self._session.scalar(mine.where(SalonRow.id == salon_id).with_for_update(key_share=True))
        if found is None:
            raise SalonUnknown
        return found

    def change(self, row: SalonRow, values: Mapping[str, Any]) -> None:
        """Of a salon that is locked. Raises `SlugTaken`."""
        nothing = {"address": sa.null()} if values.get("address", row) is None else {}
        with domain_errors({"salons_tenant_id_slug_key": SlugTaken}):
            changes.write(row, {**values, **nothing}, self._now)
            self._session.flush()
