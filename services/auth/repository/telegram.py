"""Logins by Telegram: one account for a person at a time, and a proof from a URL once."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.auth.models import TelegramLogin
from services.common.contracts.tenants import TelegramPerson
from services.common.kit.uow import UnitOfWork


class TelegramRepository:
    """Needs a transaction of the system: nobody is in yet."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._session = uow.session

    def hold(self, person: TelegramPerson) -> None:
        """Make up one's mind about a person in a tenant one at a time, until the commit."""
        name = f"telegram {person.tenant.id} {person.telegram_id}"
        self._session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))

    def use(self, person: TelegramPerson) -> bool:
        """Whether the proof comes for the first time."""
        first = (
            insert(TelegramLogin)
            .values(tenant_id=person.tenant.id, proof=person.proof, expires_at=person.expires_at)
            .on_conflict_do_nothing()
            .returning(TelegramLogin.proof)
        )
        return self._session.execute(first).one_or_none() is not None

    def delete_expired(self) -> None:
        """Forget proofs that are too old to be good again anyway."""
        self._session.execute(sa.delete(TelegramLogin).where(TelegramLogin.expires_at < self._uow.now))
