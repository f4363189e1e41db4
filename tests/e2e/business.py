"""A business made for a test: registered over HTTP, with a number of its own in the simulated world."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.e2e.api import Api
from tests.e2e.patience import eventually
from tests.simulators.graph_api.control import ControlClient

PASSWORD = "Nine-wooden-7-spoons"


def new_digits(length: int = 12) -> str:
    """A number nobody else in this system has."""
    return str(secrets.randbelow(9 * 10 ** (length - 1)) + 10 ** (length - 1))


def new_email(name: str = "owner") -> str:
    """An address nobody else in this system has."""
    return f"{name}-{secrets.token_hex(6)}@e2e.example"


@dataclass
class Person:
    """Somebody with WhatsApp."""

    phone: str
    name: str

    @property
    def written(self) -> str:
        """The number as the API writes it."""
        return f"+{self.phone}"


@dataclass
class Business:
    """A tenant with one salon's worth of setup: an owner who is signed in, and one connected number."""

    signed_in: dict[str, Any]
    api: Api
    simulator: ControlClient
    waba_id: str
    number_id: str
    display: str
    access_token: str
    channel: dict[str, Any]

    @property
    def tenant_id(self) -> str:
        return str(self.signed_in["tenant"]["id"])

    @property
    def user_id(self) -> str:
        return str(self.signed_in["user"]["id"])

    @property
    def token(self) -> str:
        return str(self.signed_in["token"])

    def new_person(self, name: str = "Sheena Nelson", **details: Any) -> Person:
        """A customer whom this business has not met."""
        person = Person(phone=f"1650{new_digits(8)}"[:11], name=name)
        self.simulator.create_customer(person.phone, name=name, **details)
        return person

    def hear(self, person: Person, text: str) -> dict[str, Any]:
        """Let somebody write; return the message once it is in the inbox."""
        return self.await_message(self.simulator.write(person.phone, text, to=self.number_id))

    def await_message(self, external_id: str) -> dict[str, Any]:
        """The message with the provider's id, once it is there."""

        def look() -> dict[str, Any] | None:
            found = self.api.get("/messages", limit=100).data["messages"]
            return next((message for message in found if message["externalId"] == external_id), None)

        return eventually(f"message {external_id}", look)

    def say(self, to: Person, text: str, **more: Any) -> dict[str, Any]:
        """Order a text; return the queued message."""
        order = {"to": to.written, "type": "TEXT", "content": {"text": text}, **more}
        return dict(self.api.post("/messages", order).data)

    def await_status(self, message_id: str, *wanted: str, seconds: float = 45.0) -> dict[str, Any]:
        """The message once it has one of these statuses."""
        return self.await_that(message_id, lambda message: message["status"] in wanted, f"{wanted}", seconds)

    def await_that(
        self, message_id: str, holds: Callable[[dict[str, Any]], bool], what: str, seconds: float = 45.0
    ) -> dict[str, Any]:
        """The message once something holds of it."""
        latest: dict[str, Any] = {}

        def look() -> dict[str, Any] | None:
            latest.update(self.api.get(f"/messages/{message_id}").data)
            return latest if holds(latest) else None

        try:
            return eventually(f"message {message_id}: {what}", look, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {latest}") from error


def register(api: Api, **changes: Any) -> dict[str, Any]:
    """Register a tenant; return what its owner is told."""
    form = {"tenantName": "Salon Heron", "email": new_email(), "password": PASSWORD, "name": "Hannah Heron"}
    return dict(api.post("/auth/register", form | changes).data)


def open_business(api: Api, simulator: ControlClient, *, number_id: str | None = None) -> Business:
    """Register a tenant and connect a number of its own, known to the simulator as well."""
    signed_in = register(api, timezone="Europe/Berlin")
    caller = api.as_caller(signed_in["token"])
    suffix = new_digits(10)
    waba_id, number_id, display = f"77{suffix}", number_id or f"88{suffix}", f"+1555{new_digits(7)}"
    access_token = f"token-{suffix}"
    simulator.create_business(
        {
            "waba_id": waba_id,
            "name": "Salon Heron",
            "tokens": [access_token],
            "phone_numbers": [{"id": number_id, "display_phone_number": display}],
            "templates": [_greeting(f"greeting_{suffix}")],
        }
    )
    form = {
        "type": "WHATSAPP_CLOUD",
        "name": "Front desk",
        "phoneNumberId": number_id,
        "businessAccountId": waba_id,
        "displayPhoneNumber": display,
        "accessToken": access_token,
    }
    channel = caller.post("/channels", form).data
    return Business(signed_in, caller, simulator, waba_id, number_id, display, access_token, channel)


def _greeting(name: str) -> dict[str, Any]:
    body = {"type": "BODY", "text": "Welcome to Salon Heron."}
    return {"name": name, "language": "en_US", "category": "UTILITY", "components": [body]}
