"""What is refused at once: stored, for who asks later, and told, for who listens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.auth.models import ApiKey, Revocation, Tenant, User
from services.common.contracts.auth import AccessChangedV1, KeyRevokedV1, RevocationKind, SessionRevokedV1
from services.common.contracts.tenants import TenantStatus
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import UnitOfWork


class RevocationRepository:
    """`lifetime` is that of an access token: nothing older is left to be refused after it."""

    def __init__(self, uow: UnitOfWork, lifetime: timedelta) -> None:
        self._uow = uow
        self._session = uow.session
        self._lifetime = lifetime

    def add_sessions(self, ended: Sequence[tuple[str, str, str]]) -> None:
        """Sessions that are over, as `(tenant, user, session)`."""
        for tenant_id, user_id, session_id in ended:
            self._store(tenant_id, RevocationKind.SESSION, session_id)
            event = SessionRevokedV1(session_id=session_id, user_id=user_id)
            self._uow.publish(event, tenant_id=_owner_of(tenant_id))

    def renew_access(self, user: User) -> None:
        """Let no access token of the user be good that was made so far."""
        user.token_version += 1
        self._store(user.tenant_id, RevocationKind.USER, user.id, version=user.token_version)
        event = AccessChangedV1(user_id=user.id, version=user.token_version)
        self._uow.publish(event, tenant_id=_owner_of(user.tenant_id))

    def add_key(self, key: ApiKey) -> None:
        """An API key that must not be good for as long as somebody remembers that it was."""
        self._store(key.tenant_id, RevocationKind.KEY, key.id)
        self._uow.publish(KeyRevokedV1(api_key_id=key.id), tenant_id=key.tenant_id)

    def list_present(self) -> list[tuple[str, str, int | None, datetime | None]]:
        """All that still matters, as `(kind, id, version, end)`; of all tenants."""
        stored = sa.select(Revocation.kind, Revocation.subject_id, Revocation.version, Revocation.expires_at)
        rows = self._session.execute(stored.where(Revocation.expires_at > self._uow.now)).all()
        suspended = sa.select(Tenant.tenant_id).where(Tenant.status == TenantStatus.SUSPENDED.value)
        tenants = [(RevocationKind.TENANT.value, found, None, None) for found in self._session.scalars(suspended)]
        return [*((row[0], row[1], row[2], row[3]) for row in rows), *tenants]

    def delete_expired(self) -> None:
        """Forget what no longer matters."""
        self._session.execute(sa.delete(Revocation).where(Revocation.expires_at < self._uow.now))

    def _store(self, tenant_id: str, kind: RevocationKind, subject_id: str, version: int | None = None) -> None:
        facts = {"version": version, "expires_at": self._uow.now + self._lifetime}
        self._session.execute(
            insert(Revocation)
            .values(tenant_id=tenant_id, kind=kind.value, subject_id=subject_id, **facts)
            .on_conflict_do_update(constraint="revocations_pkey", set_=facts)
        )


def _owner_of(tenant_id: str) -> str | None:
    return None if tenant_id == NO_TENANT else tenant_id
