"""One request to the control API, and the look-ups that most of them need."""

from dataclasses import dataclass
from typing import Any

from tests.simulators.graph_api.businesses import Business, PhoneNumber
from tests.simulators.graph_api.customers import Customer
from tests.simulators.graph_api.simulator import Simulator
from tests.simulators.graph_api.wire import JsonObject, Request


class UnknownReferenceError(LookupError):
    """The control API was asked about something that does not exist."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a handler of the control API is given."""

    simulator: Simulator
    request: Request
    variables: list[str]

    @property
    def body(self) -> JsonObject:
        """The JSON object sent along; an empty one if there is none."""
        body = self.request.json_object() if self.request.body else {}
        if body is None:
            raise ValueError("the body must be a JSON object")
        return body

    @property
    def base_url(self) -> str:
        """The address the caller reaches the simulator at."""
        return "http://" + self.request.headers.get("host", "")

    def query(self, name: str) -> str | None:
        """Return one parameter of the query."""
        return self.request.query.get(name)

    def number(self, phone_number_id: str) -> tuple[Business, PhoneNumber]:
        """Return a phone number and its business."""
        business = self.simulator.businesses.by_number(phone_number_id)
        if business is None:
            raise UnknownReferenceError(f"no business has the phone number id {phone_number_id}")
        return business, business.phone_numbers[phone_number_id]

    def customer(self, reference: str) -> Customer:
        """Return whom a reference means; digits that nobody declared are a new person's phone."""
        known = self.simulator.customers.find(reference)
        if known is not None:
            return known
        digits = reference.lstrip("+")
        if not digits.isdigit():
            raise UnknownReferenceError(f"there is no customer {reference}")
        return self.simulator.customers.by_phone(digits)

    def page(self, items: list[Any]) -> list[Any]:
        """Return the part of a list that `offset` and `limit` ask for."""
        offset, limit = int(self.query("offset") or 0), self.query("limit")
        return items[offset : offset + int(limit)] if limit else items[offset:]
