"""What the sink knows: the messages that it took, and how it is to fail next."""

from __future__ import annotations

import email
import enum
import threading
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default


class FaultKind(enum.StrEnum):
    """How a delivery goes wrong."""

    REFUSE = "REFUSE"
    """550 to the recipient: never."""
    TRY_LATER = "TRY_LATER"
    """451 to the message: not now."""
    BUSY = "BUSY"
    """421 instead of a greeting."""
    SLOW = "SLOW"
    """Wait before the last answer."""
    CUT_BEFORE_ACCEPT = "CUT_BEFORE_ACCEPT"
    """Close the connection with the message lost."""
    CUT_AFTER_ACCEPT = "CUT_AFTER_ACCEPT"
    """Close the connection with the message kept: the answer is lost."""


@dataclass
class Fault:
    """The next `times` deliveries go wrong in this way; None: until cleared."""

    kind: FaultKind
    times: int | None = 1
    seconds: float = 0.0


@dataclass(frozen=True)
class Received:
    """One message that was accepted."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """Parsed."""
        parsed = email.message_from_bytes(self.raw, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def to_wire(self) -> dict[str, object]:
        """For the control API."""
        message = self.message
        text, page = message.get_body(("plain",)), message.get_body(("html",))
        return {
            "sender": self.sender,
            "recipients": self.recipients,
            "headers": {name: str(value) for name, value in message.items()},
            "text": None if text is None else text.get_content(),
            "html": None if page is None else page.get_content(),
        }


@dataclass
class Sink:
    """Shared by all connections."""

    messages: list[Received] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def fail(self, kind: FaultKind, times: int | None = 1, seconds: float = 0.0) -> None:
        """Go wrong from now on."""
        with self._lock:
            self.faults.append(Fault(kind, times, seconds))

    def next_fault(self, *kinds: FaultKind) -> Fault | None:
        """Use up one fault of these kinds."""
        with self._lock:
            found = next((fault for fault in self.faults if fault.kind in kinds), None)
            if found is not None and found.times is not None:
                found.times -= 1
                if found.times == 0:
                    self.faults.remove(found)
            return found

    def keep(self, received: Received) -> None:
        """Take a message."""
        with self._lock:
            self.messages.append(received)

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self.messages.clear()
            self.faults.clear()
