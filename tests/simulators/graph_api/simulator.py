"""The whole simulated world in one place, and the making of messages in it."""

from dataclasses import dataclass, field

from tests.simulators.graph_api.businesses import Business, Businesses, PhoneNumber
from tests.simulators.graph_api.clock import Clock
from tests.simulators.graph_api.customers import Customer, Customers
from tests.simulators.graph_api.faults import Faults
from tests.simulators.graph_api.limits import Limits
from tests.simulators.graph_api.media import Media
from tests.simulators.graph_api.records import Records
from tests.simulators.graph_api.settings import Settings
from tests.simulators.graph_api.templates import Templates
from tests.simulators.graph_api.webhooks.dispatcher import Dispatcher
from tests.simulators.graph_api.webhooks.payloads import Change, inbound_change, inbound_message
from tests.simulators.graph_api.webhooks.pricing import Pricing
from tests.simulators.graph_api.webhooks.statuses import StatusFlows
from tests.simulators.graph_api.windows import Windows
from tests.simulators.graph_api.wire import JsonObject


@dataclass(frozen=True, slots=True)
class Received:
    """A message that a customer wrote, as far as read marks and reactions refer to it."""

    phone_number_id: str
    customer_key: str
    at: float


@dataclass(slots=True)
class Simulator:
    """Everything that the endpoints and the control API work on."""

    settings: Settings
    clock: Clock = field(default_factory=Clock)
    businesses: Businesses = field(default_factory=Businesses)
    customers: Customers = field(default_factory=Customers)
    templates: Templates = field(default_factory=Templates)
    faults: Faults = field(default_factory=Faults)
    records: Records = field(default_factory=Records)
    pricing: Pricing = field(default_factory=Pricing)
    received: dict[str, Received] = field(default_factory=dict)
    read_marks: list[JsonObject] = field(default_factory=list)
    prepend_country_code: bool = False
    windows: Windows = field(init=False)
    limits: Limits = field(init=False)
    media: Media = field(init=False)
    dispatcher: Dispatcher = field(init=False)
    statuses: StatusFlows = field(init=False)

    def __post_init__(self) -> None:
        self.windows = Windows(self.clock)
        self.limits = Limits(self.clock)
        self.media = Media(self.clock)
        self.dispatcher = Dispatcher(self.settings, self.businesses, self.records, self.clock)
        self.statuses = StatusFlows(self.businesses, self.dispatcher, self.clock)

    def reset(self) -> None:
        """Return to an empty world in real time."""
        for part in (
            self.statuses,
            self.dispatcher,
            self.businesses,
            self.customers,
            self.templates,
            self.records,
            self.pricing,
            self.received,
            self.read_marks,
            self.windows,
            self.limits,
            self.media,
        ):
            part.clear()
        self.faults.remove()
        self.clock.reset()
        self.records.lean = False
        self.prepend_country_code = False

    def receive(
        self, business: Business, number: PhoneNumber, customer: Customer, contents: list[JsonObject]
    ) -> tuple[Change, list[str]]:
        """Let a customer write messages; return their change and ids. It is not sent by this."""
        messages = [inbound_message(customer, business.waba_id, c, self.clock.stamp()) for c in contents]
        self.windows.open(number.id, customer.key)
        for message in messages:
            self.limits.count_inbound(number.id)
            self.received[message["id"]] = Received(number.id, customer.key, self.clock.now())
        return inbound_change(business, number, customer, messages), [m["id"] for m in messages]
