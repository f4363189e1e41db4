"""Faults on command: each holds for the next calls, or until it is cleared."""

from dataclasses import asdict, dataclass
from enum import StrEnum

from tests.simulators.graph_api.catalogue import CATALOGUE
from tests.simulators.graph_api.wire import JsonObject


class FaultKind(StrEnum):
    """What goes wrong with a call.

    - LATENCY: the answer comes `seconds` later.
    - ERROR: the call is refused with the catalogued `code`.
    - SERVER_ERROR: the edge answers `status` with a page that is not JSON.
    - CUT_BEFORE_ACCEPT: the connection is cut, nothing was accepted.
    - CUT_AFTER_ACCEPT: the message is accepted and its statuses follow, but the connection is cut.
    - HANG: no answer for `seconds`; nothing was accepted.
    - HANG_AFTER_ACCEPT: no answer for `seconds`; the message was accepted.
    - FAILED_STATUS: the call succeeds and the message later fails with `code`.
    """

    LATENCY = "latency"
    ERROR = "error"
    SERVER_ERROR = "server_error"
    CUT_BEFORE_ACCEPT = "cut_before_accept"
    CUT_AFTER_ACCEPT = "cut_after_accept"
    HANG = "hang"
    HANG_AFTER_ACCEPT = "hang_after_accept"
    FAILED_STATUS = "failed_status"


ACCEPTING = {FaultKind.CUT_AFTER_ACCEPT, FaultKind.HANG_AFTER_ACCEPT, FaultKind.FAILED_STATUS}


@dataclass(slots=True)
class Fault:
    """One arranged failure; `times` None holds until cleared, `skip` calls pass unharmed first."""

    kind: FaultKind
    times: int | None = 1
    skip: int = 0
    endpoint: str = "messages"
    phone_number_id: str | None = None
    recipient: str | None = None
    code: int = 131000
    status: int = 502
    seconds: float = 1.0
    id: int = 0

    def __post_init__(self) -> None:
        self.kind = FaultKind(self.kind)
        if self.code not in CATALOGUE:
            raise ValueError(f"the catalogue has no code {self.code}")
        if self.kind in ACCEPTING and self.endpoint != "messages":
            raise ValueError(f"{self.kind.value} makes sense for the endpoint messages only")

    def matches(self, endpoint: str, phone_number_id: str | None, recipients: set[str]) -> bool:
        """Tell whether the fault is meant for such a call."""
        return (
            self.endpoint in {endpoint, "any"}
            and self.phone_number_id in {None, phone_number_id}
            and (self.recipient is None or self.recipient.lstrip("+") in recipients)
        )

    def as_json(self) -> JsonObject:
        """Return the fault as the control API shows it."""
        return {**asdict(self), "kind": self.kind.value}


class Faults:
    """The faults that are still to happen."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []
        self._last_id = 0

    def add(self, fault: Fault) -> Fault:
        """Arrange a fault and give it an id."""
        self._last_id += 1
        fault.id = self._last_id
        self._waiting.append(fault)
        return fault

    def take(self, endpoint: str, phone_number_id: str | None, recipients: set[str]) -> list[Fault]:
        """Return what happens to this call: any latency first, then at most one other fault."""
        if not self._waiting:
            return []
        taken: list[Fault] = []
        for fault in self._waiting:
            latency = fault.kind is FaultKind.LATENCY
            if not latency and any(t.kind is not FaultKind.LATENCY for t in taken):
                continue
            if fault.matches(endpoint, phone_number_id, recipients) and _due(fault):
                taken.append(fault)
        self._waiting = [fault for fault in self._waiting if fault.times != 0]
        return sorted(taken, key=lambda fault: fault.kind is not FaultKind.LATENCY)

    def all(self) -> list[Fault]:
        """Return the faults that wait."""
        return list(self._waiting)

    def remove(self, fault_id: int | None = None) -> None:
        """Clear one fault, or all."""
        self._waiting = [f for f in self._waiting if fault_id is not None and f.id != fault_id]


def _due(fault: Fault) -> bool:
    if fault.skip > 0:
        fault.skip -= 1
        return False
    if fault.times is not None:
        fault.times -= 1
    return True
