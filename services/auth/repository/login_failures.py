"""Failures to sign in, by account and by network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa

from services.auth.domain.lockout import LockoutPolicy
from services.auth.models import LoginFailure
from services.common.kit.uow import UnitOfWork

# One statement, so that failures at the same moment all count.
_ADD = sa.text(
    "insert into login_failures (key, failed_at, last_failed_at) values (:key, array[:now], :now)"
    " on conflict (key) do update set last_failed_at = excluded.last_failed_at, failed_at = array("
    " select instant from unnest(login_failures.failed_at || excluded.failed_at) as instant"
    " where instant > :since order by instant desc limit :remembered)"
).bindparams(
    sa.bindparam("now", type_=sa.DateTime(timezone=True)), sa.bindparam("since", type_=sa.DateTime(timezone=True))
)


class LoginFailureRepository:
    """Needs a transaction of the system: a failure belongs to no tenant."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._session = uow.session

    def hold(self, key: str) -> None:
        """Decide about one account one at a time: a hundred guesses at once are still a hundred guesses."""
        self._session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(key, 0))))

    def list_recent(self, key: str) -> Sequence[datetime]:
        """The instants of the last failures; none for a key without."""
        return self._session.scalar(sa.select(LoginFailure.failed_at).where(LoginFailure.key == key)) or ()

    def add(self, key: str, policy: LockoutPolicy) -> None:
        """One more."""
        since = self._uow.now - policy.window
        values = {"key": key, "now": self._uow.now, "since": since, "remembered": policy.remembered}
        self._session.execute(_ADD, values)

    def clear(self, key: str) -> None:
        """Start from nothing."""
        self._session.execute(sa.delete(LoginFailure).where(LoginFailure.key == key))

    def delete_older_than(self, age: timedelta) -> None:
        """Forget what no longer counts."""
        self._session.execute(sa.delete(LoginFailure).where(LoginFailure.last_failed_at < self._uow.now - age))
