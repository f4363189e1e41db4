"""Mails on their way. Ordering one is part of the change that it tells of; writing it comes after the commit."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from services.auth.domain import emails
from services.auth.domain.letters import MOST_IN_AN_HOUR, LetterKind
from services.auth.models import Letter, User
from services.common.contracts.auth import LetterOrderedV1, TooManyLetters
from services.common.kit import ids
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import UnitOfWork

_CLAIM_HOLDS = timedelta(seconds=60)
_KEPT = timedelta(days=7)
SENT = "SENT"


class LetterRepository:
    """Orders work in any transaction that may see the user; the rest needs one of the system."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._session = uow.session

    def order(self, kind: LetterKind, user: User) -> None:
        """Write to a user, if there is an address to write to: the one that is on record now."""
        if user.email is not None:
            self._order(kind, user.email, user.tenant_id, user.id)

    def order_limited(self, kind: LetterKind, user: User) -> None:
        """The same, for what somebody may ask for again and again. Raises `TooManyLetters`."""
        if user.email is not None:
            self._limit(kind, user, user.email)
            self.order(kind, user)

    def order_to_pending(self, kind: LetterKind, user: User) -> None:
        """Write to the address that a user wants to have. Raises `TooManyLetters`."""
        address = user.pending_email or ""
        self._limit(kind, user, address)
        self._order(kind, address, user.tenant_id, user.id)

    def order_for(self, kind: LetterKind, address: str) -> None:
        """Write to an address, whoever has it: the same work whether or not somebody does."""
        self._order(kind, emails.normalise(address), NO_TENANT, None)

    def claim(self, tenant_id: str, letter_id: str) -> Letter | None:
        """Take a letter in hand, unless it is done or somebody else has it."""
        row = self._session.scalar(
            sa.select(Letter).where(Letter.tenant_id == tenant_id, Letter.id == letter_id).with_for_update()
        )
        if row is None or row.done_at is not None or self._is_held(row):
            return None
        row.claimed_at = self._uow.now
        return row

    def is_open(self, tenant_id: str, letter_id: str) -> bool:
        """Whether the letter still has to be sent."""
        open_ = sa.select(Letter.id).where(
            Letter.tenant_id == tenant_id, Letter.id == letter_id, Letter.done_at.is_(None)
        )
        return self._session.scalar(open_) is not None

    def release(self, tenant_id: str, letter_id: str) -> None:
        """Put a letter back that could not be sent."""
        self._change(tenant_id, letter_id, claimed_at=None)

    def finish(self, tenant_id: str, letter_id: str, outcome: str) -> None:
        """It is over: the address and the token are not needed any more."""
        self._change(tenant_id, letter_id, done_at=self._uow.now, outcome=outcome, email=None, sealed_token=None)

    def is_flood(self, letter: Letter) -> bool:
        """Whether the address got enough of these already."""
        sent = sa.and_(Letter.account == letter.account, Letter.outcome == SENT)
        return self._count_recent(LetterKind(letter.kind), sent) >= MOST_IN_AN_HOUR

    def delete_old(self) -> None:
        """Forget letters of last week."""
        self._session.execute(sa.delete(Letter).where(Letter.created_at < self._uow.now - _KEPT))

    def _order(self, kind: LetterKind, address: str, tenant_id: str, user_id: str | None) -> None:
        letter = Letter(
            tenant_id=tenant_id,
            id=ids.new_id(),
            user_id=user_id,
            kind=kind.value,
            account=emails.account_key(address),
            email=address,
            created_at=self._uow.now,
        )
        self._session.add(letter)
        owner = None if tenant_id == NO_TENANT else tenant_id
        self._uow.publish(LetterOrderedV1(letter_id=letter.id), tenant_id=owner)

    def _limit(self, kind: LetterKind, user: User, address: str) -> None:
        """To one address, and for one user: else somebody could write through us to all the world."""
        mine = sa.and_(Letter.tenant_id == user.tenant_id, Letter.user_id == user.id)
        counts = [self._count_recent(kind, who) for who in (Letter.account == emails.account_key(address), mine)]
        if max(counts) >= MOST_IN_AN_HOUR:
            raise TooManyLetters(details={"retryAfter": "600"})

    def _count_recent(self, kind: LetterKind, *conditions: sa.ColumnElement[bool]) -> int:
        since = self._uow.now - timedelta(hours=1)
        recent = sa.and_(Letter.kind == kind.value, Letter.created_at > since)
        return self._session.scalar(sa.select(sa.func.count()).where(recent, *conditions)) or 0

    def _is_held(self, row: Letter) -> bool:
        return row.claimed_at is not None and row.claimed_at > self._uow.now - _CLAIM_HOLDS

    def _change(self, tenant_id: str, letter_id: str, **values: object) -> None:
        self._session.execute(
            sa.update(Letter).where(Letter.tenant_id == tenant_id, Letter.id == letter_id).values(**values)
        )
