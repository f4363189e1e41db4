"""What an answer of the provider means for a message of the business: try again, give up, or wait and see."""

from __future__ import annotations

import enum
from typing import Any, NamedTuple

from services.common.contracts.messaging import MessageStatus
from services.messaging.domain.statuses import furthest

MAX_ATTEMPTS = 3
_FIRST_DELAY_SECONDS, _GROWTH = 2, 4
_THROTTLED, _BROKEN = 429, 500

RETRYABLE = frozenset({1, 2, 4, 80007, 130429, 131000, 131016, 131048, 131056, 131057, 131064, 133004})
"""Codes of a fault that passes: overload, throughput, pair rate, maintenance."""

PERMANENT = frozenset(
    {0, 3, 10, 33, 100, 190, 368, 130403, 130472, 130497, 131005, 131008, 131009, 131021, 131026, 131030, 131031}
    | {131037, 131042, 131045, 131047, 131049, 131050, 131051, 131053, 131055, 131062, 131063, 132000, 132001, 132005}
    | {132007, 132008, 132012, 132015, 132016, 132018, 132068, 133000, 133010, 134011, 134102, 135000, 137000}
    | set(range(200, 300))
)
"""Codes of a fault that stays until somebody does something about it, whatever the HTTP status says."""

PATIENT = {80007: 60.0, 131048: 300.0, 131056: 6.0, 131057: 60.0, 131064: 300.0}
"""Codes whose cause needs a known time to pass, in seconds."""


class Verdict(enum.Enum):
    """What became of one attempt to send."""

    ACCEPTED = "ACCEPTED"
    RETRY = "RETRY"
    REFUSED = "REFUSED"
    UNCERTAIN = "UNCERTAIN"


class Answer(NamedTuple):
    """The outcome of one attempt, however it came about."""

    verdict: Verdict
    external_id: str | None = None
    wa_id: str | None = None
    user_id: str | None = None
    code: str = ""
    message: str = ""
    retry_after: float | None = None


def verdict_of(http_status: int, code: int, *, is_transient: bool = False) -> Verdict:
    """What a refusal in the provider's own words means. It decides by the code; the HTTP status only fills gaps."""
    if code in RETRYABLE:
        return Verdict.RETRY
    if code in PERMANENT:
        return Verdict.REFUSED
    passes = is_transient or http_status == _THROTTLED or http_status >= _BROKEN
    return Verdict.RETRY if passes else Verdict.REFUSED


def is_retryable(code: int) -> bool:
    """Whether the same message may be accepted a little later."""
    return code in RETRYABLE


def delay_seconds(attempts: int, answer: Answer) -> float:
    """How long to wait after so many attempts: at least what the provider asks for, else longer each time."""
    growing = _FIRST_DELAY_SECONDS * float(_GROWTH ** max(attempts - 1, 0))
    code = int(answer.code) if answer.code.isdigit() else 0
    return max(growing, PATIENT.get(code, 0.0), answer.retry_after or 0.0)


def delivery_error(code: str, message: str) -> dict[str, Any]:
    """The form in which a message keeps why it was not delivered."""
    retryable = code.isdigit() and is_retryable(int(code))
    return {"code": code, "message": message[:500], "retryable": retryable}


def error_of_status(raw: dict[str, Any] | None) -> dict[str, Any] | None:
    """The same from an entry of a status's `errors`. The details say more than the title, where there are any."""
    if raw is None:
        return None
    data = raw.get("error_data")
    details = data.get("details") if isinstance(data, dict) else None
    words = next((text for text in (details, raw.get("message"), raw.get("title")) if isinstance(text, str)), "")
    return delivery_error(str(raw.get("code", ""))[:40], words)


def status_after(present: MessageStatus, attempts: int, answer: Answer) -> MessageStatus:
    """Where a message stands after an attempt. What the provider has told meanwhile outweighs what the answer says."""
    status = {
        Verdict.ACCEPTED: MessageStatus.SENT,
        Verdict.REFUSED: MessageStatus.FAILED,
        Verdict.UNCERTAIN: MessageStatus.UNCERTAIN,
        Verdict.RETRY: MessageStatus.QUEUED if attempts < MAX_ATTEMPTS else MessageStatus.FAILED,
    }[answer.verdict]
    if present in (MessageStatus.SENDING, MessageStatus.UNCERTAIN):
        return status
    return furthest(present, status)
