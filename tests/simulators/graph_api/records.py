"""What the simulator has seen and done, kept for assertions: calls, accepted messages, webhook attempts."""

from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.simulators.graph_api.wire import JsonObject

KEPT = 100_000


@dataclass(slots=True)
class RecordedCall:
    """One call of the Graph API; `status` is None when no answer was given."""

    number: int
    at: float
    method: str
    path: str
    query: dict[str, str]
    token: str
    body: Any
    outcome: str
    status: int | None
    error_code: int | None
    message_id: str | None
    milliseconds: float


@dataclass(slots=True)
class AcceptedMessage:
    """A message the API took on, whatever the caller got to know of it."""

    id: str
    at: float
    waba_id: str
    phone_number_id: str
    to: str
    recipient_key: str
    by_user_id: bool
    type: str
    text: str
    biz_opaque_callback_data: str | None
    body: JsonObject
    statuses: list[str] = field(default_factory=list)


@dataclass(slots=True)
class WebhookAttempt:
    """One try to deliver one webhook; `status` is None when no answer came, `error` says why."""

    delivery: int
    attempt: int
    at: float
    url: str
    status: int | None
    error: str | None
    milliseconds: float
    body: str


class Records:
    """The newest calls and attempts, and every accepted message with its counts.

    With `lean` only counts are kept, so that a run of a million messages fits into memory.
    """

    def __init__(self) -> None:
        self.lean = False
        self.calls: deque[RecordedCall] = deque(maxlen=KEPT)
        self.attempts: deque[WebhookAttempt] = deque(maxlen=KEPT)
        self.accepted: dict[str, AcceptedMessage] = {}
        self.by_callback_data: Counter[str] = Counter()
        self.by_content: Counter[tuple[str, str]] = Counter()
        self.calls_seen = 0
        self.accepted_seen = 0

    def add_call(self, call: RecordedCall) -> None:
        """Count a call, and keep it."""
        self.calls_seen += 1
        if not self.lean:
            self.calls.append(call)

    def add_attempt(self, attempt: WebhookAttempt) -> None:
        """Keep an attempt to deliver a webhook."""
        if not self.lean:
            self.attempts.append(attempt)

    def add_accepted(self, message: AcceptedMessage) -> None:
        """Count an accepted message, and keep it."""
        self.accepted_seen += 1
        if message.biz_opaque_callback_data is not None:
            self.by_callback_data[message.biz_opaque_callback_data] += 1
        if not self.lean:
            self.accepted[message.id] = message
            self.by_content[message.to, message.text] += 1

    def counts(self, at_least: int = 1) -> JsonObject:
        """Return how often each thing was accepted: more than once is a double send."""
        contents = [{"to": to, "text": text, "count": n} for (to, text), n in self.by_content.items() if n >= at_least]
        return {
            "calls": self.calls_seen,
            "accepted": self.accepted_seen,
            "callback_data_seen": len(self.by_callback_data),
            "by_callback_data": {data: n for data, n in self.by_callback_data.items() if n >= at_least},
            "by_content": contents,
        }

    def clear(self) -> None:
        """Forget everything seen so far."""
        self.calls.clear()
        self.attempts.clear()
        self.accepted.clear()
        self.by_callback_data.clear()
        self.by_content.clear()
        self.calls_seen = 0
        self.accepted_seen = 0


def as_json(record: RecordedCall | AcceptedMessage | WebhookAttempt) -> JsonObject:
    """Return a record as the control API shows it."""
    return asdict(record)
