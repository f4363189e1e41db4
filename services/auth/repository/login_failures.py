"""Failures to sign in, by account and by network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import sqlalchemy as sa

from services.auth.domain import lockout
from services.auth.domain.lockout import LockoutPolicy, Lockouts
from services.auth.models import LoginFailure
from services.common.contracts.auth import LockedOut
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

    def __init__(self, uow: UnitOfWork, lockouts: Lockouts) -> None:
        self._uow = uow
        self._session = uow.session
        self._lockouts = lockouts
        self._spotless: set[str] = set()
        """Keys that are held and without a failure."""

    def hold(self, account: str) -> LockedOut | None:
        """Decide about one account one at a time: a hundred guesses at once are still a hundred guesses.

        The refusal while a delay runs, for the account or for the network of the caller; None when there is none.
        """
        key, network = _of_account(account), lockout.network_of(self._uow.context.address)
        self._session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(key, 0))))
        policies = {key: self._lockouts.account}
        if network is not None:
            policies[_of_network(network)] = self._lockouts.address
        recent = self._list_recent(policies)
        if key not in recent:
            self._spotless.add(key)
        ends = [policies[whose].locked_until(failed_at, self._uow.now) for whose, failed_at in recent.items()]
        until = max((end for end in ends if end is not None), default=None)
        if until is None:
            return None
        return LockedOut(details={"retryAfter": str(lockout.seconds_until(until, self._uow.now))})

    def count(self, account: str) -> None:
        """One more failure."""
        self._spotless.discard(_of_account(account))
        self._add(_of_account(account), self._lockouts.account)
        network = lockout.network_of(self._uow.context.address)
        if network is not None:
            self._add(_of_network(network), self._lockouts.address)

    def clear(self, account: str) -> None:
        """Start from nothing."""
        key = _of_account(account)
        if key not in self._spotless:
            self._session.execute(sa.delete(LoginFailure).where(LoginFailure.key == key))

    def delete_old(self) -> None:
        """Forget what no longer counts."""
        age = max(self._lockouts.account.window, self._lockouts.address.window)
        self._session.execute(sa.delete(LoginFailure).where(LoginFailure.last_failed_at < self._uow.now - age))

    def _list_recent(self, keys: Iterable[str]) -> dict[str, Sequence[datetime]]:
        wanted = sa.select(LoginFailure.key, LoginFailure.failed_at).where(LoginFailure.key.in_(keys))
        return {row.key: row.failed_at for row in self._session.execute(wanted)}

    def _add(self, key: str, policy: LockoutPolicy) -> None:
        since = self._uow.now - policy.window
        values = {"key": key, "now": self._uow.now, "since": since, "remembered": policy.remembered}
        self._session.execute(_ADD, values)


def _of_account(account: str) -> str:
    return f"account:{account}"


def _of_network(network: str) -> str:
    return f"address:{network}"
