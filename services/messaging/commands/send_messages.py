"""Send what is queued in a conversation, in its order: claim in a transaction, call without one, record in another."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple, Protocol

from services.common.contracts.messaging import MessageType
from services.common.kit.begin import Begin
from services.common.kit.envelope import KeyRing, Place, SealError
from services.common.kit.logging import get_logger
from services.common.kit.settings import Secret
from services.common.kit.uow import TENANT
from services.messaging.adapters.graph_api import Letter
from services.messaging.domain.delivery import Answer, Verdict
from services.messaging.repository.sends import Claim, SendRepository

log = get_logger(__name__)

_IN_A_ROW = 50
"""After so many, somebody else may have the worker for a moment."""

_PAUSE_SECONDS = 0.2


class Sender(Protocol):
    """What sends a letter."""

    def send(self, letter: Letter, token: Secret) -> Answer: ...


class PostOffice(NamedTuple):
    """What sending needs: the way out, the keys of the credentials, and how long a worker may take."""

    sender: Sender
    keys: KeyRing
    lease: timedelta


def run(message_id: str, tenant_id: str, begin: Begin, office: PostOffice) -> float | None:
    """Until the message is finished. Returns the seconds after which to try again, or None when there is nothing left.

    A process that is to end makes a pause between two messages. May be called twice for a message at the same time:
    only one of the two gets the claim.
    """
    for _ in range(_IN_A_ROW):
        if begin.stopping:
            break
        with begin(TENANT, tenant_id) as uow:
            turn = SendRepository(uow).take_turn(message_id, office.lease)
        if turn.claim is not None:
            answer = _send(turn.claim, tenant_id, office)
            with begin(TENANT, tenant_id) as uow:
                SendRepository(uow).record(turn.claim, answer)
        elif not turn.look_again:
            return turn.wait_seconds
    return _PAUSE_SECONDS


def _send(claim: Claim, tenant_id: str, office: PostOffice) -> Answer:
    if claim.is_suspended:
        return Answer(Verdict.REFUSED, code="tenant_suspended", message="The business is suspended.")
    if not claim.is_active or claim.phone_number_id is None or claim.credentials is None:
        return Answer(Verdict.REFUSED, code="channel_disconnected", message="The channel is not connected.")
    try:
        place = Place(tenant_id, "channels", "credentials", claim.channel_id)
        token = Secret(office.keys.open(claim.credentials, place))
    except SealError:
        log.exception("credentials_unreadable", channel_id=claim.channel_id)
        return Answer(Verdict.RETRY, code="credentials_unreadable", message="The channel's credentials cannot be read.")
    letter = Letter(
        message_id=claim.message_id,
        phone_number_id=claim.phone_number_id,
        wa_id=claim.wa_id,
        user_id=claim.user_id,
        type=MessageType(claim.type),
        content=claim.content,
        reply_to=claim.reply_to,
    )
    answer = office.sender.send(letter, token)
    log.info("send_attempted", message_id=claim.message_id, verdict=answer.verdict.value, code=answer.code)
    return answer
