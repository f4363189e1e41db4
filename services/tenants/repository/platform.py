"""What belongs to no tenant yet, or to one that is to be found: in `SYSTEM` scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import load_only

from services.common.contracts.tenants import ListTenants, SalonUnknown, TenantStatus
from services.common.kit.paging import Order, Page, fetch_page
from services.common.kit.uow import UnitOfWork
from services.tenants.domain.identities import Identity
from services.tenants.models import ChannelRow, SalonRow, SettingsRow, TenantRow


class PlatformRepository:
    """Across all tenants. Credentials are out of its reach."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    def find_tenant(self, tenant_id: str) -> TenantRow | None:
        """The tenant with this id."""
        return self._session.scalar(sa.select(TenantRow).where(TenantRow.tenant_id == tenant_id))

    def find_tenants(self, tenant_ids: Sequence[str]) -> Sequence[TenantRow]:
        """Those of these tenants that are there."""
        return self._session.scalars(sa.select(TenantRow).where(TenantRow.tenant_id.in_(tenant_ids))).all()

    def add_tenant(self, values: dict[str, Any]) -> TenantRow | None:
        """Insert, or None when the id or the slug is taken. Waits for others who are just taking them."""
        statement = insert(TenantRow).values(values).on_conflict_do_nothing().returning(TenantRow)
        return self._session.scalar(statement)

    def list_tenants(self, request: ListTenants) -> Page:
        """A page of tenants, oldest first."""
        found = sa.select(TenantRow)
        if request.status is not None:
            found = found.where(TenantRow.status == request.status.value)
        if request.plan is not None:
            found = found.where(TenantRow.plan == request.plan.value)
        if request.q is not None:
            in_either = [column.icontains(request.q, autoescape=True) for column in (TenantRow.name, TenantRow.slug)]
            found = found.where(sa.or_(*in_either))
        return fetch_page(self._session, found, Order(TenantRow.created_at, TenantRow.tenant_id), request)

    def list_suspended(self) -> Sequence[str]:
        """The ids of all suspended tenants."""
        suspended = sa.select(TenantRow.tenant_id).where(TenantRow.status == TenantStatus.SUSPENDED.value)
        return self._session.scalars(suspended.order_by(TenantRow.tenant_id)).all()

    def list_told_less(self, edition: int, most: int) -> Sequence[str]:
        """Tenants of which others have had an earlier edition, or none."""
        return self._session.scalars(sa.select(TenantRow.tenant_id).where(TenantRow.told < edition).limit(most)).all()

    def find_channels(self, **provider_ids: str) -> Sequence[ChannelRow]:
        """Active channels of all tenants with these ids, oldest first."""
        routing = load_only(ChannelRow.type, ChannelRow.phone_number_id, ChannelRow.business_account_id, raiseload=True)
        found = sa.select(ChannelRow).options(routing).where(ChannelRow.is_active).filter_by(**provider_ids)
        return self._session.scalars(found.order_by(ChannelRow.created_at, ChannelRow.id)).all()

    def find_pretender(self, identity: Identity, tenant_id: str) -> tuple[str, str] | None:
        """Tenant and id of another tenant's active channel that has the number or the bot without having proved it."""
        is_bot = identity.bot_id is not None
        same = (
            ChannelRow.bot_id == identity.bot_id if is_bot else ChannelRow.phone_number_id == identity.phone_number_id
        )
        held = sa.select(ChannelRow.tenant_id, ChannelRow.id).where(ChannelRow.is_active, same)
        unproved = held.where(ChannelRow.verified_at.is_(None), ChannelRow.tenant_id != tenant_id)
        row = self._session.execute(unproved).first()
        return None if row is None else (row[0], row[1])

    def find_salon(self, slug: str) -> SalonRow:
        """The active salon with this slug, the oldest where several tenants have one. Raises `SalonUnknown`."""
        found = sa.select(SalonRow).where(SalonRow.slug == slug, SalonRow.is_active, SalonRow.deleted_at.is_(None))
        row = self._session.scalars(found.order_by(SalonRow.created_at, SalonRow.id).limit(1)).first()
        if row is None:
            raise SalonUnknown
        return row

    def has_verify_token(self, token_hash: str) -> bool:
        """Whether a tenant has this verify token, enabled."""
        asked = sa.select(SettingsRow.tenant_id).where(
            SettingsRow.webhook_enabled, SettingsRow.verify_token_hash == token_hash
        )
        return self._session.scalar(asked.limit(1)) is not None

    def list_under_other_keys(self, key_id: str, most: int, after: tuple[str, str]) -> Sequence[tuple[str, str]]:
        """Tenant and id of channels whose credentials another key wraps."""
        other = sa.select(ChannelRow.tenant_id, ChannelRow.id).where(
            ChannelRow.credentials_key != key_id, ChannelRow.credentials_key != ""
        )
        place = sa.tuple_(ChannelRow.tenant_id, ChannelRow.id)
        further = other.where(place > after).order_by(ChannelRow.tenant_id, ChannelRow.id).limit(most)
        return [(row[0], row[1]) for row in self._session.execute(further)]
