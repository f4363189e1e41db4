"""Users: found by address across the platform, or by id in their tenant."""

from __future__ import annotations

import sqlalchemy as sa

from services.auth.domain import emails
from services.auth.models import User
from services.common.contracts.auth import (
    EmailTaken,
    ListUsers,
    Role,
    TelegramTaken,
    UserNeeded,
    UserStatus,
    UserUnknown,
)
from services.common.contracts.errors import Forbidden, Unauthenticated
from services.common.kit.database import domain_errors
from services.common.kit.paging import Order, Page, fetch_page
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import UnitOfWork


class UserRepository:
    """Looking up by address needs a transaction of the system; the rest is bound to the tenant as well.

    Whoever lets somebody in, or changes who is let in and how, locks the user first and what belongs to it afterwards:
    its tokens, its sessions, its failures. So a change and a way in are one after the other, and never in each other's.
    """

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._session = uow.session

    def find_by_email(self, address: str, *, locked: bool = False) -> User | None:
        """Whoever has this address, in any case."""
        wanted = sa.select(User).where(User.email_key == emails.key_of(address))
        return self._session.scalar(_locked(wanted) if locked else wanted)

    def renew_hash(self, address: str, old: str, new: str) -> None:
        """Store the same password's new hash, unless the password was changed meanwhile."""
        same = sa.and_(User.email_key == emails.key_of(address), User.password_hash == old)
        self._session.execute(sa.update(User).where(same).values(password_hash=new))

    def find_by_telegram(self, tenant_id: str, telegram_id: str) -> User | None:
        """Whoever of the tenant is linked to this person in Telegram."""
        return self._session.scalar(
            _locked(sa.select(User).where(User.tenant_id == tenant_id, User.telegram_id == telegram_id))
        )

    def find(self, user_id: str) -> User | None:
        """The user, if the transaction may see it."""
        return self._session.scalar(sa.select(User).where(User.id == user_id))

    def find_of(self, tenant_id: str, user_id: str, *, locked: bool = False) -> User | None:
        """A user of a tenant, for a transaction that sees all of them."""
        wanted = sa.select(User).where(User.tenant_id == tenant_id, User.id == user_id)
        return self._session.scalar(_locked(wanted) if locked else wanted)

    def caller(self, least: Role = Role.CUSTOMER, *, locked: bool = False) -> User:
        """Who asks, as stored now, whatever an older access token says.

        Raises `UserNeeded`, `Unauthenticated`, or `Forbidden` for one below the least role.
        """
        context = self._uow.context
        if context.user_id is None:
            raise Unauthenticated if context.caller is None else UserNeeded
        wanted = sa.select(User).where(
            User.tenant_id == (context.tenant_id or NO_TENANT), User.id == context.user_id, User.is_active
        )
        user = self._session.scalar(_locked(wanted) if locked else wanted)
        if user is None:
            raise Unauthenticated
        if not Role(user.role).at_least(least):
            raise Forbidden
        return user

    def get(self, user_id: str, *, locked: bool = False) -> User:
        """A user of the present tenant. Raises `UserUnknown`."""
        wanted = sa.select(User).where(User.tenant_id == self._uow.tenant_id, User.id == user_id)
        user = self._session.scalar(_locked(wanted) if locked else wanted)
        if user is None:
            raise UserUnknown
        return user

    def reload(self, user: User) -> User | None:
        """The same user as it is now, locked until the commit; None when it is gone."""
        return self.find_of(user.tenant_id, user.id, locked=True)

    def hold_owners(self) -> None:
        """Change who owns the present tenant one at a time, until the commit."""
        name = f"owners of {self._uow.tenant_id}"
        self._session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))

    def has_owner_beside(self, user: User) -> bool:
        """Whether the tenant has another active owner."""
        others = sa.select(User.id).where(
            User.tenant_id == user.tenant_id, User.role == Role.OWNER.value, User.is_active, User.id != user.id
        )
        return self._session.scalar(others.limit(1)) is not None

    def list(self, request: ListUsers) -> Page:
        """The present tenant's users, oldest first."""
        statement = sa.select(User).where(User.tenant_id == self._uow.tenant_id)
        for condition in _conditions(request):
            statement = statement.where(condition)
        return fetch_page(self._session, statement, Order(User.created_at, User.id), request)

    def add(self, user: User) -> None:
        """Raises `EmailTaken`, after which the transaction is lost."""
        taken = {"users_email_key_key": EmailTaken, "users_tenant_id_invited_email_key_key": EmailTaken}
        with domain_errors({**taken, "users_tenant_id_telegram_id_key": TelegramTaken}):
            self._session.add(user)
            self._session.flush()

    def store(self) -> None:
        """Write what was changed. Raises `EmailTaken` or `TelegramTaken`, after which the transaction is lost."""
        with domain_errors({"users_email_key_key": EmailTaken, "users_tenant_id_telegram_id_key": TelegramTaken}):
            self._session.flush()

    def remove(self, user: User) -> None:
        """With sessions, tokens and second factor. What the user did stays in the audit log."""
        self._session.execute(sa.delete(User).where(User.tenant_id == user.tenant_id, User.id == user.id))


def _locked(statement: sa.Select[User]) -> sa.Select[User]:
    return statement.with_for_update().execution_options(populate_existing=True)


def _conditions(request: ListUsers) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if request.role is None:
        found.append(User.role != Role.CUSTOMER.value)
    else:
        found.append(User.role == request.role.value)
    if request.status is not None:
        found.append(_has_status(request.status))
    if request.salon_id is not None:
        found.append(User.salon_ids.contains([request.salon_id]))
    if request.search is not None:
        found.append(
            sa.or_(
                User.name.icontains(request.search, autoescape=True),
                User.email.icontains(request.search, autoescape=True),
            )
        )
    return found


def _has_status(status: UserStatus) -> sa.ColumnElement[bool]:
    if status is UserStatus.ACTIVE:
        return User.is_active.is_(True)
    if status is UserStatus.INVITED:
        return sa.and_(~User.is_active, User.invited_at.is_not(None))
    return sa.and_(~User.is_active, User.invited_at.is_(None))
