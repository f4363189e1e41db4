"""Messages of the business on their way out: queued, claimed by one worker, recorded."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.common.contracts.messaging import (
    Direction,
    MessageStatus,
    MessageStatusChangedV1,
)
from services.common.kit.uow import UnitOfWork
from services.messaging.domain.delivery import Answer, Verdict, delay_seconds, delivery_error, status_after
from services.messaging.models import ChannelRow, ContactRow, ConversationRow, MessageRow, PlanRow
from services.messaging.repository.conversations import ConversationRepository
from services.messaging.repository.messages import Wamid
from services.messaging.repository.statuses import StatusRepository

_SOON_SECONDS = 1.0
_UNFINISHED = (MessageStatus.QUEUED.value, MessageStatus.SENDING.value)
_OPEN = (*_UNFINISHED, MessageStatus.UNCERTAIN.value)
"""The provider has told nothing yet, so that our own attempt is all that is known."""


class Claim(NamedTuple):
    """A message that this worker, and nobody else, sends now."""

    message_id: str
    channel_id: str
    type: str
    content: dict[str, Any]
    reply_to: str | None
    phone_number_id: str | None
    credentials: str | None
    is_active: bool
    wa_id: str | None
    user_id: str | None
    is_suspended: bool


class Turn(NamedTuple):
    """What is to be done next for a message: send `claim`, wait, look again, or nothing."""

    claim: Claim | None = None
    wait_seconds: float | None = None
    look_again: bool = False


_NOTHING = Turn()


class SendRepository:
    """Outgoing messages of one tenant."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow, self._session, self._tenant_id, self._now = uow, uow.session, uow.tenant_id, uow.now

    def find_by_client_id(self, client_message_id: str) -> tuple[str, str | None] | None:
        """The id and fingerprint of the message that the client called so."""
        mine = self._messages(MessageRow.client_message_id == client_message_id)
        row = self._session.execute(sa.select(MessageRow.id, MessageRow.fingerprint).where(mine)).first()
        return None if row is None else (row.id, row.fingerprint)

    def find_quoted(self, message_id: str, conversation_id: str) -> str | None:
        """The provider's id of a message of the conversation, if it has one."""
        mine = self._messages(MessageRow.id == message_id, MessageRow.conversation_id == conversation_id)
        return self._session.scalar(sa.select(MessageRow.external_id).where(mine))

    def add(self, values: dict[str, Any]) -> bool:
        """Queue a message; False when the client's id was taken meanwhile. Waits for who is just taking it."""
        row = {
            "tenant_id": self._tenant_id,
            "direction": Direction.OUTBOUND.value,
            "status": MessageStatus.QUEUED.value,
            "opens_window": False,
            "attempts": 0,
            "claimed_until": self._now,
            "occurred_at": self._now,
            "created_at": self._now,
            "updated_at": self._now,
        }
        taken = insert(MessageRow).values(row | values).on_conflict_do_nothing().returning(MessageRow.id)
        return self._session.scalar(taken) is not None

    def take_turn(self, message_id: str, lease: timedelta) -> Turn:
        """Claim the oldest unfinished message of the same conversation: so they leave in their order.

        A message whose worker is gone has left or not, nobody knows: it becomes `UNCERTAIN`. Locks the message.
        """
        first = self._session.scalars(self._first_of_conversation(message_id)).first()
        if first is None:
            return _NOTHING
        if first.claimed_until is not None and first.claimed_until > self._now:
            return Turn(wait_seconds=self._wait_for(first, first.claimed_until))
        if first.status == MessageStatus.SENDING:
            first.error = delivery_error("answer_lost", "Whoever was sending it is gone.")
            self._put(first, MessageStatus.UNCERTAIN)
            return Turn(look_again=True)
        first.status = MessageStatus.SENDING.value
        first.attempts += 1
        first.claimed_at, first.claimed_until, first.updated_at = self._now, self._now + lease, self._now
        return Turn(claim=self._claim(first))

    def record(self, claim: Claim, answer: Answer) -> None:
        """Store what became of an attempt. Locks the provider's id, then the message."""
        statuses, wamid = StatusRepository(self._uow), (claim.channel_id, answer.external_id or "")
        if answer.external_id is not None:
            statuses.lock_wamid(wamid)
        mine = self._messages(MessageRow.id == claim.message_id)
        row = self._session.scalars(sa.select(MessageRow).where(mine).with_for_update()).one_or_none()
        if row is None:
            return
        if answer.verdict is Verdict.ACCEPTED:
            row.external_id, row.sent_at, row.error = row.external_id or self._claimed(wamid), self._now, None
        elif row.status in _OPEN:
            row.error = delivery_error(answer.code, answer.message)
        self._put(row, status_after(MessageStatus(row.status), row.attempts, answer))
        if row.status == MessageStatus.QUEUED:
            row.claimed_until = self._now + timedelta(seconds=delay_seconds(row.attempts, answer))
        if answer.external_id is not None:
            self._session.flush()
            for event in statuses.settle([wamid]):
                self._uow.publish(event)

    def _claimed(self, wamid: Wamid) -> str | None:
        """The provider's id for the message that was just accepted; an echo that came sooner gives it up and goes.

        None in the case, which the provider rules out, that another message of ours has it.
        """
        channel_id, external_id = wamid
        same = self._messages(MessageRow.channel_id == channel_id, MessageRow.external_id == external_id)
        is_echo = sa.and_(MessageRow.direction == Direction.OUTBOUND.value, MessageRow.digest.is_not(None))
        gone = sa.delete(MessageRow).where(same, is_echo).returning(MessageRow.conversation_id)
        if echoes := self._session.scalars(gone).all():
            ConversationRepository(self._uow).recount(echoes)
        taken = self._session.scalar(sa.select(MessageRow.id).where(same))
        return external_id if taken is None else None

    def list_stuck(self, before: datetime, limit: int) -> list[str]:
        """Of each conversation one message that should have been sent before."""
        late = self._messages(MessageRow.status.in_(_UNFINISHED), MessageRow.claimed_until < before)
        stuck = sa.select(MessageRow.id).distinct(MessageRow.conversation_id).where(late)
        return list(self._session.scalars(stuck.order_by(MessageRow.conversation_id, MessageRow.id).limit(limit)))

    def _wait_for(self, row: MessageRow, until: datetime) -> float:
        """A worker that is sending has its answer much sooner than it counts as gone: look more and more rarely."""
        left = (until - self._now).total_seconds()
        if row.status != MessageStatus.SENDING or row.claimed_at is None:
            return left
        return min(left, max(_SOON_SECONDS, (self._now - row.claimed_at).total_seconds()))

    def _put(self, row: MessageRow, status: MessageStatus) -> None:
        """Finish an attempt, and tell the world when that takes the message further."""
        previous, row.status = MessageStatus(row.status), status.value
        row.claimed_until, row.updated_at = None, self._now
        if status is MessageStatus.FAILED and row.failed_at is None:
            row.failed_at = self._now
        if status is not previous and status is not MessageStatus.QUEUED:
            self._uow.publish(
                MessageStatusChangedV1(
                    message_id=row.id,
                    conversation_id=row.conversation_id,
                    channel_id=row.channel_id,
                    previous=previous,
                    status=status,
                    changed_at=self._now,
                )
            )

    def _first_of_conversation(self, message_id: str) -> sa.Select[MessageRow]:
        """The oldest unfinished message beside this one, or none if this one is finished."""
        unfinished = MessageRow.status.in_(_UNFINISHED)
        this = sa.select(MessageRow.conversation_id).where(self._messages(MessageRow.id == message_id, unfinished))
        beside = self._messages(MessageRow.conversation_id == this.scalar_subquery(), unfinished)
        return (
            sa.select(MessageRow)
            .where(beside)
            .order_by(MessageRow.created_at, MessageRow.id)
            .limit(1)
            .with_for_update()
        )

    def _claim(self, row: MessageRow) -> Claim:
        """The message with all that sending it needs."""
        needed = (
            sa.select(
                ChannelRow.phone_number_id,
                ChannelRow.credentials,
                ChannelRow.is_active,
                ContactRow.wa_id,
                ContactRow.user_id,
                sa.func.coalesce(PlanRow.suspended, sa.false()),
            )
            .select_from(ConversationRow)
            .join(ContactRow, _same(ContactRow, ConversationRow.contact_id))
            .join(ChannelRow, _same(ChannelRow, ConversationRow.channel_id))
            .outerjoin(PlanRow, PlanRow.tenant_id == ConversationRow.tenant_id)
            .where(ConversationRow.tenant_id == self._tenant_id, ConversationRow.id == row.conversation_id)
        )
        rest = self._session.execute(needed).one()
        return Claim(row.id, row.channel_id, row.type, row.content, row.reply_to, *rest)

    def _messages(self, *more: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
        return sa.and_(MessageRow.tenant_id == self._tenant_id, *more)


def _same(owner: type[ContactRow | ChannelRow], reference: Any) -> sa.ColumnElement[bool]:
    return sa.and_(owner.tenant_id == ConversationRow.tenant_id, owner.id == reference)
