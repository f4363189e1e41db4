"""One call of the Graph API while it is being answered."""

from dataclasses import dataclass

from tests.simulators.graph_api.businesses import Business, Caller, PhoneNumber
from tests.simulators.graph_api.errors import missing_node
from tests.simulators.graph_api.simulator import Simulator
from tests.simulators.graph_api.wire import JsonObject, Request


@dataclass(frozen=True, slots=True)
class Call:
    """What an endpoint is given: the world, the request, who calls, and the node in the path."""

    simulator: Simulator
    request: Request
    caller: Caller
    node_id: str

    @property
    def business(self) -> Business:
        """The business whose token the call carries; it owns the node."""
        return self.caller.business

    @property
    def number(self) -> PhoneNumber:
        """The phone number in the path."""
        number = self.business.phone_numbers.get(self.node_id)
        if number is None:
            raise missing_node(self.node_id)
        return number

    def json_body(self) -> JsonObject | None:
        """Return the body if it is a JSON object that says so in its content type."""
        return self.request.json_object() if self.request.content_type == "application/json" else None

    def parameters(self) -> JsonObject:
        """Return the members of a JSON body, or of none at all, with those of the query."""
        return {**self.request.query, **(self.json_body() or {})}
