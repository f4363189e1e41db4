"""The tenant itself and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from services.common.contracts.tenants import SlugTaken, TenantUnknown
from services.common.kit.database import domain_errors
from services.common.kit.reads import TENANT_ID, Read
from services.common.kit.uow import UnitOfWork
from services.tenants.models import SettingsRow, TenantRow
from services.tenants.repository import changes

_TENANT = Read(sa.select(TenantRow).where(TenantRow.tenant_id == TENANT_ID))


class TenantRepository:
    """The tenant itself."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow, self._tenant_id, self._now = uow, uow.tenant_id, uow.now

    def get_tenant(self) -> Any:
        """Its columns, to look at. Raises `TenantUnknown`."""
        found = self._uow.first(_TENANT)
        if found is None:
            raise TenantUnknown
        return found

    def lock_tenant(self) -> TenantRow:
        """The tenant, locked until the commit: whoever counts against the plan is alone with it.

        The weaker of the two locks for an update, so that rows which refer to the tenant can be inserted meanwhile.
        """
        return self._one(sa.select(TenantRow).with_for_update(key_share=True))

    def change(self, row: TenantRow, values: Mapping[str, Any]) -> None:
        """Of a tenant that is locked. Raises `SlugTaken`, whoever has the slug."""
        with domain_errors({"tenants_slug_key": SlugTaken}):
            changes.write(row, values, self._now)
            self._uow.session.flush()

    def note_told(self, row: TenantRow, edition: int) -> None:
        """That others have had this edition of what they copy. Nothing has changed by that."""
        row.told = edition
        self._uow.session.flush()

    def _one(self, statement: sa.Select[TenantRow]) -> TenantRow:
        found = self._uow.session.scalar(statement.where(TenantRow.tenant_id == self._tenant_id))
        if found is None:
            raise TenantUnknown
        return found


class SettingsRepository:
    """How the tenant wants things done."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id, self._now = uow.session, uow.tenant_id, uow.now

    def find(self) -> SettingsRow | None:
        """None while the tenant has said nothing."""
        return self._session.scalar(sa.select(SettingsRow).where(SettingsRow.tenant_id == self._tenant_id))

    def hold(self) -> SettingsRow:
        """The settings; of a tenant that has said nothing the plain ones, not stored yet. The tenant is locked."""
        return self.find() or SettingsRow(
            tenant_id=self._tenant_id,
            webhook_enabled=False,
            reminder_times=[],
            require_mfa=False,
            updated_at=self._now,
        )

    def change(self, row: SettingsRow, values: Mapping[str, Any]) -> None:
        """Of a tenant that is locked."""
        changes.write(row, values, self._now)
        self._session.add(row)
        self._session.flush()
