"""Tokens that are good once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import sqlalchemy as sa

from services.auth.domain import emails
from services.auth.domain.tokens import LIFETIME, MOST_FAILURES, Purpose, hash_of, new_token
from services.auth.models import OneTimeToken, User
from services.common.contracts.auth import BadOneTimeToken
from services.common.kit import idempotency
from services.common.kit.uow import UnitOfWork

R = TypeVar("R", User, OneTimeToken)

_REPEATED_WITHIN = timedelta(minutes=5)


class OneTimeTokenRepository:
    """Needs a transaction of the system: a token names no tenant."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._session = uow.session

    def issue(self, user: User, purpose: Purpose, address: str | None = None, platform: str | None = None) -> str:
        """A new token. Of those from mails, which prove the address they went to, only the newest is good."""
        if purpose not in (Purpose.MFA_VERIFY, Purpose.MFA_ENROL):
            self.withdraw(user, purpose)
        token = new_token()
        self._session.add(
            OneTimeToken(
                token_hash=hash_of(token),
                tenant_id=user.tenant_id,
                user_id=user.id,
                purpose=purpose.value,
                email_key=None if address is None else emails.key_of(address),
                platform=platform,
                failures=0,
                created_at=self._uow.now,
                expires_at=self._uow.now + LIFETIME[purpose],
            )
        )
        self._session.flush()
        return token

    def withdraw(self, user: User, *purposes: Purpose) -> None:
        """Let the user's tokens for these purposes be good no longer."""
        self._session.execute(
            sa.delete(OneTimeToken).where(
                OneTimeToken.tenant_id == user.tenant_id,
                OneTimeToken.user_id == user.id,
                OneTimeToken.purpose.in_([purpose.value for purpose in purposes]),
            )
        )

    def find(self, token: str, *purposes: Purpose) -> tuple[OneTimeToken, User] | None:
        """A token that is good, with its user, both locked until the commit. It is not used up by this.

        The user first, as everybody does: who changes an account withdraws its tokens.
        """
        good = sa.and_(
            OneTimeToken.token_hash == hash_of(token),
            OneTimeToken.purpose.in_([purpose.value for purpose in purposes]),
            OneTimeToken.used_at.is_(None),
            OneTimeToken.expires_at > self._uow.now,
            OneTimeToken.failures < MOST_FAILURES,
        )
        user = self._lock(sa.select(User).join(OneTimeToken, _of_user()).where(good), of=User)
        found = None if user is None else self._lock(sa.select(OneTimeToken).where(good), of=OneTimeToken)
        return None if user is None or found is None else (found, user)

    def peek(self, token: str, *purposes: Purpose) -> tuple[OneTimeToken, User]:
        """A token that is good, or was used a moment ago, with its user: what a repeated call needs to know.

        Raises `BadOneTimeToken`.
        """
        row = self._session.execute(
            sa.select(OneTimeToken, User)
            .join(User, _of_user())
            .where(
                OneTimeToken.token_hash == hash_of(token),
                OneTimeToken.purpose.in_([purpose.value for purpose in purposes]),
                sa.or_(OneTimeToken.used_at.is_(None), OneTimeToken.used_at > self._uow.now - _REPEATED_WITHIN),
                OneTimeToken.expires_at > self._uow.now,
            )
        ).one_or_none()
        if row is None:
            raise BadOneTimeToken
        return row[0], row[1]

    def use(self, token: str, *purposes: Purpose) -> tuple[OneTimeToken, User]:
        """Use a token up. Raises `BadOneTimeToken`. Of many at once exactly one gets it."""
        found = self.find(token, *purposes)
        if found is None:
            raise BadOneTimeToken
        found[0].used_at = self._uow.now
        return found

    def spend(self, token: str, purpose: Purpose, action: Callable[[OneTimeToken, User], None]) -> None:
        """Use a token up for an action. Raises `BadOneTimeToken`.

        Not when the broker, or a client under its `Idempotency-Key`, brings the call again that has used it: that call
        has had its effect. What is remembered of it is no secret.
        """

        def act() -> None:
            action(*self.use(token, purpose))

        context = self._uow.context
        if context.idempotency_key is None:
            act()
            return
        fingerprint = idempotency.fingerprint_of(hash_of(token).hex())
        key = idempotency.Key(context.caller or "", f"auth.{purpose.value}", context.idempotency_key, fingerprint)
        idempotency.run_once(self._uow, key, act)

    def delete_expired(self) -> None:
        """Forget what can't be used any more."""
        self._session.execute(sa.delete(OneTimeToken).where(OneTimeToken.expires_at < self._uow.now))

    def _lock(self, wanted: sa.Select[R], of: type[R]) -> R | None:
        return self._session.scalar(wanted.with_for_update(of=of).execution_options(populate_existing=True))


def _of_user() -> sa.ColumnElement[bool]:
    return sa.and_(User.tenant_id == OneTimeToken.tenant_id, User.id == OneTimeToken.user_id)
