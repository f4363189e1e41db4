"""The two demo tenants: who they are, and how they come to be there.

Everything goes through the REST surface like anybody else, and may run again: what is there is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.local.client import Client, Refused
from deploy.local.demo_stories import DEMO_STORIES, SECOND_STORIES, Story
from tests.simulators.graph_api import demo
from tests.simulators.graph_api.control import ControlClient

_HTTP_CONFLICT = 409


@dataclass(frozen=True)
class DemoTenant:
    """What a demo tenant has."""

    name: str
    email: str
    timezone: str
    currency: str
    salon: str
    waba_id: str
    access_token: str
    numbers: tuple[tuple[str, str, str], ...]
    """(name, phone number id, display number) of each channel."""
    agent: tuple[str, str] | None
    """(address, name) of somebody who works there, as STAFF."""
    stories: tuple[Story, ...]


def demo_tenants(settings: Mapping[str, str]) -> tuple[DemoTenant, DemoTenant]:
    """The two tenants, whose numbers the simulator knows as well."""
    first = DemoTenant(
        name="Demo Company",
        email=settings["DEMO_EMAIL"],
        timezone="Europe/Berlin",
        currency="EUR",
        salon="Demo Salon",
        waba_id=demo.DEMO_WABA_ID,
        access_token=demo.DEMO_TOKEN,
        numbers=(
            ("Reception", demo.DEMO_NUMBER_ID, "+15550783881"),
            ("Tel Aviv", demo.OTHER_DEMO_NUMBER_ID, "+972123456789"),
        ),
        agent=("agent@demo.com", "Mara Lindner"),
        stories=DEMO_STORIES,
    )
    second = DemoTenant(
        name="Second Company",
        email="owner@second.example",
        timezone="America/New_York",
        currency="USD",
        salon="Second Salon",
        waba_id=demo.SECOND_WABA_ID,
        access_token=demo.SECOND_TOKEN,
        numbers=(("Front desk", demo.SECOND_NUMBER_ID, "+15550217440"),),
        agent=None,
        stories=SECOND_STORIES,
    )
    return first, second


def open_tenants(settings: Mapping[str, str]) -> dict[str, Client]:
    """Both tenants with salons and channels; returns a signed-in client for each, by its name."""
    simulator = ControlClient(settings["GRAPH_API_URL"])
    known = {business["waba_id"] for business in simulator.businesses()}
    for business in demo.demo_businesses():
        if business["waba_id"] not in known:
            simulator.create_business(business)
    simulator.close()
    return {tenant.name: open_tenant(tenant, settings) for tenant in demo_tenants(settings)}


def open_tenant(tenant: DemoTenant, settings: Mapping[str, str]) -> Client:
    """Make what is missing of a tenant, its salon and its channels; return its owner's client."""
    client = Client(settings["GATEWAY_URL"])
    _register_or_sign_in(client, tenant, settings["DEMO_PASSWORD"])
    if not client.get("/salons")["salons"]:
        client.post("/salons", {"name": tenant.salon, "timezone": tenant.timezone, "currency": tenant.currency})
    connected = {channel["phoneNumberId"] for channel in client.get("/channels")["channels"]}
    for name, phone_number_id, display in tenant.numbers:
        if phone_number_id not in connected:
            client.post("/channels", _channel(tenant, name, phone_number_id, display))
    return client


def _register_or_sign_in(client: Client, tenant: DemoTenant, password: str) -> None:
    try:
        client.register(
            tenantName=tenant.name,
            email=tenant.email,
            password=password,
            name=f"Owner of {tenant.name}",
            timezone=tenant.timezone,
        )
    except Refused as refused:
        if refused.status != _HTTP_CONFLICT:
            raise
        client.sign_in(tenant.email, password)


def _channel(tenant: DemoTenant, name: str, phone_number_id: str, display: str) -> dict[str, Any]:
    return {
        "type": "WHATSAPP_CLOUD",
        "name": name,
        "phoneNumberId": phone_number_id,
        "businessAccountId": tenant.waba_id,
        "displayPhoneNumber": display,
        "accessToken": tenant.access_token,
    }
