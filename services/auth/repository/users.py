"""Users: found by address across the platform, or by id in their tenant."""

from __future__ import annotations

import sqlalchemy as sa

from services.auth.domain import emails
from services.auth.models import User
from services.common.contracts.auth import EmailTaken
from services.common.kit.database import domain_errors
from services.common.kit.uow import UnitOfWork


class UserRepository:
    """Looking up by address needs a transaction of the system; the rest is bound to the tenant as well."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    def find_by_email(self, address: str) -> User | None:
        """Whoever has this address, in any case."""
        return self._session.scalar(sa.select(User).where(User.email_key == emails.key_of(address)))

    def find(self, user_id: str) -> User | None:
        """The user, if the transaction may see it."""
        return self._session.scalar(sa.select(User).where(User.id == user_id))

    def add(self, user: User) -> None:
        """Raises `EmailTaken`, after which the transaction is lost."""
        with domain_errors({"users_email_key_key": EmailTaken}):
            self._session.add(user)
            self._session.flush()
