"""Sessions and refresh tokens."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from services.auth.domain import emails
from services.auth.domain.sessions import Bearer, EndReason, OpenSession, Origin, SessionLimits, hash_of
from services.auth.models import AuthSession, RefreshToken, Tenant, User
from services.auth.repository.revocations import RevocationRepository
from services.common.contracts.auth import ListSessions
from services.common.contracts.tenants import TenantStatus
from services.common.kit import ids
from services.common.kit.paging import Order, Page, fetch_page
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import UnitOfWork

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class KnownToken:
    """What is on record of a refresh token."""

    tenant_id: str
    session_id: str
    user_id: str
    used_at: datetime | None
    is_alive: bool
    """Whether the session is open and its user may sign in."""
    is_suspended: bool
    """Whether its tenant is: the token can't be used as long as that lasts, and is kept."""


class SessionRepository:
    """Needs a transaction of the system: a refresh token names no tenant."""

    def __init__(self, uow: UnitOfWork, limits: SessionLimits) -> None:
        self._uow = uow
        self._session = uow.session
        self._limits = limits

    def open(self, user: User, origin: Origin) -> OpenSession:
        """A new session with its first refresh token. The oldest ends where there would be too many."""
        now = self._uow.now
        row = AuthSession(
            tenant_id=user.tenant_id,
            id=ids.new_id(),
            user_id=user.id,
            platform=origin.platform,
            device=origin.device,
            address=origin.address,
            created_at=now,
            last_used_at=now,
            expires_at=now + self._limits.absolute,
        )
        self._session.add(row)
        self._session.flush()
        self._end_oldest(user)
        return self._with_token(user, row)

    def rotate(self, token: str) -> OpenSession | None:
        """Use up a token and give the session its next one; None when the token can't be used (any more).

        Using up is one statement: of many at once exactly one gets the row.
        """
        used = self._use(token)
        return None if used is None else self._prolong(*used)

    def find_token(self, token: str) -> KnownToken | None:
        """What is known of a token that can't be used."""
        row = self._session.execute(
            sa.select(
                AuthSession.tenant_id,
                AuthSession.id,
                AuthSession.user_id,
                RefreshToken.used_at,
                _is_alive(self._uow.now),
                _is_suspended(RefreshToken.tenant_id),
            )
            .join(AuthSession, _of_token())
            .join(User, _of_session())
            .where(RefreshToken.token_hash == hash_of(token))
        ).one_or_none()
        return None if row is None else KnownToken(*row)

    def end(self, tenant_id: str, user_id: str, session_id: str, reason: EndReason) -> bool:
        """End one session, if it is this user's; say whether it was open."""
        return self._end(_open_sessions(tenant_id, user_id).where(AuthSession.id == session_id), reason) > 0

    def end_all(self, tenant_id: str, user_id: str, reason: EndReason, but: str | None = None) -> int:
        """End every session of a user, but perhaps one; return how many were open."""
        chosen = _open_sessions(tenant_id, user_id)
        return self._end(chosen if but is None else chosen.where(AuthSession.id != but), reason)

    def list_open(self, user_id: str, request: ListSessions) -> Page:
        """A user's open sessions, the newest first."""
        statement = sa.select(AuthSession).where(
            AuthSession.user_id == user_id, AuthSession.ended_at.is_(None), AuthSession.expires_at > self._uow.now
        )
        order = Order(AuthSession.created_at, AuthSession.id, newest_first=True)
        return fetch_page(self._session, statement, order, request)

    def find_of(self, user: User, session_id: str) -> AuthSession | None:
        """An open session of the user."""
        mine = sa.and_(AuthSession.tenant_id == user.tenant_id, AuthSession.user_id == user.id)
        found = sa.select(AuthSession).where(mine, AuthSession.id == session_id, AuthSession.ended_at.is_(None))
        return self._session.scalar(found)

    def has_open_from(self, address: str | None, email: str) -> bool:
        """Whether whoever has this e-mail address is signed in from this network address."""
        found = (
            sa.select(AuthSession.id)
            .join(User, _of_session())
            .where(User.email_key == emails.key_of(email), AuthSession.address == address)
            .where(AuthSession.ended_at.is_(None), AuthSession.expires_at > self._uow.now)
        )
        return self._session.scalar(found.limit(1)) is not None

    def find(self, session_id: str) -> AuthSession | None:
        """The session, if the transaction may see it and it is open."""
        found = sa.select(AuthSession).where(AuthSession.id == session_id, AuthSession.ended_at.is_(None))
        return self._session.scalar(found)

    def delete_expired(self, kept_for: timedelta) -> None:
        """Forget sessions, with their tokens, that ran out some time ago, and tokens that nobody can use any more."""
        self._session.execute(sa.delete(AuthSession).where(AuthSession.expires_at < self._uow.now - kept_for))
        self._session.execute(sa.delete(RefreshToken).where(RefreshToken.expires_at < self._uow.now))

    def _use(self, token: str) -> tuple[str, str] | None:
        statement = (
            sa.update(RefreshToken)
            .where(RefreshToken.token_hash == hash_of(token))
            .where(RefreshToken.used_at.is_(None), RefreshToken.expires_at > self._uow.now)
            .where(~_is_suspended(RefreshToken.tenant_id))
            .values(used_at=self._uow.now)
            .returning(RefreshToken.tenant_id, RefreshToken.session_id)
        )
        row = self._session.execute(statement).one_or_none()
        return None if row is None else (row.tenant_id, row.session_id)

    def _prolong(self, tenant_id: str, session_id: str) -> OpenSession | None:
        row = self._session.execute(
            sa.select(AuthSession, User)
            .join(User, _of_session())
            .where(AuthSession.tenant_id == tenant_id, AuthSession.id == session_id, _is_alive(self._uow.now))
            .with_for_update(of=AuthSession)
        ).one_or_none()
        if row is None:
            return None
        session, user = row
        session.last_used_at = self._uow.now
        return self._with_token(user, session)

    def _with_token(self, user: User, session: AuthSession) -> OpenSession:
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._session.add(
            RefreshToken(
                token_hash=hash_of(token),
                tenant_id=session.tenant_id,
                session_id=session.id,
                created_at=self._uow.now,
                expires_at=self._limits.token_expires_at(self._uow.now, session.expires_at),
            )
        )
        return OpenSession(_bearer(user, session.id), token)

    def _end_oldest(self, user: User) -> None:
        """A program that logs in for each of its calls must not fill the table."""
        newest_first = (
            sa.select(AuthSession.id)
            .where(AuthSession.tenant_id == user.tenant_id, AuthSession.user_id == user.id)
            .where(AuthSession.ended_at.is_(None))
            .order_by(AuthSession.created_at.desc(), AuthSession.id.desc())
        )
        surplus = AuthSession.id.in_(newest_first.offset(self._limits.at_once))
        self._end(_open_sessions(user.tenant_id, user.id).where(surplus), EndReason.TOO_MANY)

    def _end(self, chosen: sa.Update, reason: EndReason) -> int:
        ended = chosen.values(ended_at=self._uow.now, end_reason=reason.value)
        rows = self._session.execute(ended.returning(AuthSession.tenant_id, AuthSession.user_id, AuthSession.id)).all()
        RevocationRepository(self._uow, self._limits.access).add_sessions([(row[0], row[1], row[2]) for row in rows])
        return len(rows)


def _open_sessions(tenant_id: str, user_id: str) -> sa.Update:
    return sa.update(AuthSession).where(
        AuthSession.tenant_id == tenant_id, AuthSession.user_id == user_id, AuthSession.ended_at.is_(None)
    )


def _is_alive(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(AuthSession.ended_at.is_(None), AuthSession.expires_at > now, User.is_active)


def _is_suspended(tenant_id: sa.orm.InstrumentedAttribute[str]) -> sa.Exists:
    return sa.exists().where(Tenant.tenant_id == tenant_id, Tenant.status == TenantStatus.SUSPENDED.value)


def _of_session() -> sa.ColumnElement[bool]:
    return sa.and_(User.tenant_id == AuthSession.tenant_id, User.id == AuthSession.user_id)


def _of_token() -> sa.ColumnElement[bool]:
    return sa.and_(AuthSession.tenant_id == RefreshToken.tenant_id, AuthSession.id == RefreshToken.session_id)


def _bearer(user: User, session_id: str) -> Bearer:
    return Bearer(
        user_id=user.id,
        tenant_id=None if user.tenant_id == NO_TENANT else user.tenant_id,
        role=user.role,
        session_id=session_id,
        version=user.token_version,
    )
