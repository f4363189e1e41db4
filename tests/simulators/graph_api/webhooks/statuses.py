"""The life of an accepted message: which statuses follow, when, in which order, how often."""

import asyncio
import random
from asyncio import TimerHandle
from dataclasses import asdict, dataclass, field, replace

from tests.simulators.graph_api.businesses import Businesses
from tests.simulators.graph_api.clock import Clock
from tests.simulators.graph_api.customers import Customer
from tests.simulators.graph_api.records import AcceptedMessage
from tests.simulators.graph_api.webhooks.dispatcher import Dispatcher
from tests.simulators.graph_api.webhooks.payloads import Change, StatusReport, status_change
from tests.simulators.graph_api.wire import JsonObject

ORDERS = ("natural", "reversed", "shuffled")


@dataclass(frozen=True, slots=True)
class StatusBehaviour:
    """How statuses follow a send; delays are in real seconds after the acceptance.

    `statuses` is the path (["sent"] alone never finishes); `dropped` ones happen untold. `before_answer`
    delivers the first one before the send is answered.
    """

    statuses: list[str] = field(default_factory=lambda: ["sent", "delivered", "read"])
    delays: dict[str, float] = field(
        default_factory=lambda: {"sent": 0.02, "delivered": 0.1, "read": 0.5, "failed": 0.05}
    )
    dropped: list[str] = field(default_factory=list)
    copies: int = 1
    order: str = "natural"
    before_answer: bool = False

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise ValueError(f"order must be one of {ORDERS}")

    def delay(self, status: str) -> float:
        """Return how long after the acceptance a status happens."""
        return self.delays.get(status, 0.0)

    def as_json(self) -> JsonObject:
        """Return the behaviour as the control API shows it."""
        return asdict(self)


class Behaviours:
    """The behaviour for each send: the recipient's, else the number's, else the default."""

    def __init__(self) -> None:
        self._by_recipient: dict[str, StatusBehaviour] = {}
        self._by_number: dict[str, StatusBehaviour] = {}
        self.default = StatusBehaviour()

    def set(
        self, changes: JsonObject, recipient: str | None = None, phone_number_id: str | None = None
    ) -> StatusBehaviour:
        """Change some fields of the behaviour for one recipient, one number, or everything."""
        if recipient is not None:
            key = recipient.lstrip("+")
            self._by_recipient[key] = replace(self._by_recipient.get(key, self.default), **changes)
            return self._by_recipient[key]
        if phone_number_id is not None:
            known = self._by_number.get(phone_number_id, self.default)
            self._by_number[phone_number_id] = replace(known, **changes)
            return self._by_number[phone_number_id]
        self.default = replace(self.default, **changes)
        return self.default

    def of(self, message: AcceptedMessage) -> StatusBehaviour:
        """Return the behaviour for an accepted message."""
        special = self._by_recipient.get(message.to) or self._by_recipient.get(message.recipient_key)
        return special or self._by_number.get(message.phone_number_id) or self.default

    def clear(self) -> None:
        """Return to the default everywhere."""
        self._by_recipient.clear()
        self._by_number.clear()
        self.default = StatusBehaviour()


@dataclass(frozen=True, slots=True)
class Fate:
    """What will become of a message: its price, or the code it fails with."""

    pricing: JsonObject | None = None
    failure: int | None = None


class StatusFlows:
    """Starts the statuses of accepted messages and keeps those that are still to come."""

    def __init__(self, businesses: Businesses, dispatcher: Dispatcher, clock: Clock) -> None:
        self._businesses = businesses
        self._dispatcher = dispatcher
        self._clock = clock
        self.behaviours = Behaviours()
        self._timers: set[TimerHandle] = set()
        self._random = random.Random(20_261_001)

    async def start(self, message: AcceptedMessage, customer: Customer, fate: Fate) -> None:
        """Arrange a message's statuses; returns when the first is delivered if it goes before the answer."""
        behaviour = self.behaviours.of(message)
        path = ["failed"] if fate.failure is not None else behaviour.statuses
        if message.type == "reaction":
            path = path[:1]
        told = [status for status in path if status not in behaviour.dropped]
        slots = [behaviour.delay(status) for status in told]
        for status, delay in zip(self._ordered(told, behaviour.order), slots, strict=True):
            report = self._report(message, status, fate)
            if behaviour.before_answer and status == told[0]:
                await self._tell_now(customer, report, behaviour.copies)
            else:
                self._tell_later(customer, report, behaviour.copies, delay)

    def tell(self, customer: Customer, report: StatusReport) -> None:
        """Send one status of a message."""
        report.message.statuses.append(report.status)
        change = self._change(customer, report)
        if change is not None:
            self._dispatcher.publish(change)

    def pending(self) -> int:
        """Return how many statuses are still to come."""
        return len(self._timers)

    def clear(self) -> None:
        """Drop the statuses to come and return to the default behaviour."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.behaviours.clear()

    def _ordered(self, statuses: list[str], order: str) -> list[str]:
        if order == "reversed":
            return statuses[::-1]
        return self._random.sample(statuses, len(statuses)) if order == "shuffled" else statuses

    def _report(self, message: AcceptedMessage, status: str, fate: Fate) -> StatusReport:
        behaviour = self.behaviours.of(message)
        # Money is told on `sent` and on the first of delivered and read.
        first_delivery = "delivered" if "delivered" in behaviour.statuses else "read"
        pricing = fate.pricing if status in {"sent", first_delivery} else None
        happens_at = int(self._clock.now() + behaviour.delay(status))
        return StatusReport(message, status, happens_at, pricing, fate.failure)

    def _tell_later(self, customer: Customer, report: StatusReport, copies: int, delay: float) -> None:
        def due() -> None:
            self._timers.discard(timer)
            for _ in range(copies):
                self.tell(customer, report)

        timer = asyncio.get_running_loop().call_later(delay, due)
        self._timers.add(timer)

    async def _tell_now(self, customer: Customer, report: StatusReport, copies: int) -> None:
        for _ in range(copies):
            report.message.statuses.append(report.status)
            change = self._change(customer, report)
            if change is not None:
                await self._dispatcher.deliver_now(change)

    def _change(self, customer: Customer, report: StatusReport) -> Change | None:
        business = self._businesses.by_waba(report.message.waba_id)
        number = business.phone_numbers.get(report.message.phone_number_id) if business else None
        return status_change(business, number, customer, report) if business and number else None
