"""Registrations on their way: stored before the tenant is asked for, so that nothing is lost with a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain import emails
from services.auth.models import Registration, User
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import EmailTaken, Register, Role
from services.common.kit import idempotency, ids
from services.common.kit.uow import UnitOfWork

_NOT_REMEMBERED = frozenset({"password", "device"})


@dataclass(frozen=True, slots=True)
class Applicant:
    """What somebody has asked for, the password hashed already."""

    email: str
    name: str
    password_hash: str
    tenant_name: str
    plan: str
    timezone: str | None
    locale: str | None


class RegistrationRepository:
    """Needs a transaction of the system: there is no tenant yet."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._session = uow.session

    def store(self, applicant: Applicant) -> Registration:
        """Begin a registration, or take over one that was never finished, with its tenant's id. Raises `EmailTaken`.

        Holds the address until the commit, as `activate` does: so none begins once its user exists.
        """
        _hold(applicant.email, self._uow)
        if UserRepository(self._uow).find_by_email(applicant.email) is not None:
            raise EmailTaken
        return self._session.scalars(
            _take_over(applicant, self._uow.now).returning(Registration),
            execution_options={"populate_existing": True},
        ).one()

    def activate(self, registration: Registration) -> User:
        """Make it a user. Raises `EmailTaken` if a later request has taken the registration over, or was faster."""
        _hold(registration.email, self._uow)
        mine = sa.delete(Registration).where(
            Registration.id == registration.id, Registration.attempt_id == registration.attempt_id
        )
        if self._session.execute(mine.returning(Registration.id)).one_or_none() is None:
            raise EmailTaken
        user = _owner(registration, self._uow.now)
        UserRepository(self._uow).add(user)
        return user

    def drop(self, registration: Registration) -> None:
        """Give it up, unless another request has taken it over."""
        self._session.execute(
            sa.delete(Registration).where(
                Registration.id == registration.id, Registration.attempt_id == registration.attempt_id
            )
        )

    def claim_abandoned(self, before: datetime, limit: int) -> Sequence[Registration]:
        """Those whose last attempt began before the given instant, the oldest first. They count as attempted now."""
        oldest = sa.select(Registration.id).where(Registration.attempted_at < before)
        chosen = oldest.order_by(Registration.attempted_at).limit(limit).with_for_update(skip_locked=True)
        claimed = sa.update(Registration).where(Registration.id.in_(chosen)).values(attempted_at=self._uow.now)
        return self._session.scalars(claimed.returning(Registration)).all()


def remember(request: Register, user: User, uow: UnitOfWork) -> None:
    """Note which call has made the account, for when it comes again. No secret is kept of it."""
    key = _key_of(request, uow)
    if key is not None:
        idempotency.run_once(uow, key, lambda: user.id)


def find_repeated(request: Register, uow: UnitOfWork) -> User:
    """Who has registered by this call before. Raises `EmailTaken` when nobody has, or `IdempotencyKeyReused`.

    Waits for whoever is about to finish with this address: it may be the same call.
    """
    _hold(request.email, uow)
    key = _key_of(request, uow)
    user_id = None if key is None else idempotency.run_once(uow, key, _refuse)
    user = UserRepository(uow).find_by_email(request.email)
    if user is None or user.id != user_id:
        raise EmailTaken
    return user


def _hold(address: str, uow: UnitOfWork) -> None:
    name = f"registration of {emails.key_of(address)}"
    uow.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))


def _refuse() -> None:
    raise EmailTaken


def _key_of(request: Register, uow: UnitOfWork) -> idempotency.Key | None:
    sent = uow.context.idempotency_key
    if sent is None:
        return None
    content = {name: value for name, value in request.to_wire().items() if name not in _NOT_REMEMBERED}
    return idempotency.Key(
        emails.account_key(request.email), "auth.register", sent, idempotency.fingerprint_of(content)
    )


def _take_over(applicant: Applicant, now: datetime) -> sa.dialects.postgresql.Insert:
    asked = {
        "email": applicant.email,
        "name": applicant.name,
        "password_hash": applicant.password_hash,
        "tenant_name": applicant.tenant_name,
        "plan": applicant.plan,
        "timezone": applicant.timezone,
        "locale": applicant.locale,
        "attempt_id": ids.new_id(),
        "attempted_at": now,
    }
    fresh = insert(Registration).values(
        tenant_id=ids.new_id(), id=ids.new_id(), email_key=emails.key_of(applicant.email), created_at=now, **asked
    )
    return fresh.on_conflict_do_update(constraint="registrations_email_key_key", set_=asked)


def _owner(registration: Registration, now: datetime) -> User:
    return User(
        tenant_id=registration.tenant_id,
        id=registration.id,
        email=registration.email,
        email_key=emails.key_of(registration.email),
        name=registration.name,
        role=Role.OWNER.value,
        is_active=True,
        email_verified=False,
        password_hash=registration.password_hash,
        token_version=1,
        salon_ids=[],
        mfa_enabled=False,
        locale=None,
        last_login_at=None,
        created_at=now,
        updated_at=now,
    )
