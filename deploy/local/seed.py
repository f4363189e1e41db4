"""Fills in two demo tenants, so that the product has something to show and isolation can be seen.

It goes through the REST surface like anybody else, and may run again: what is there is kept, and what a run that was
cut off has left out is added.
"""

from __future__ import annotations

from collections.abc import Mapping

from deploy.local.client import Client
from deploy.local.console import say
from deploy.local.demo_agent import hire
from deploy.local.demo_inbox import fill_inbox
from deploy.local.demo_tenants import DemoTenant, demo_tenants, open_tenants
from deploy.local.envfile import read
from deploy.local.layout import dev_layout
from tests.simulators.graph_api.control import ControlClient


def seed(settings: Mapping[str, str]) -> dict[str, Client]:
    """Both tenants with all that they have; returns a client of each owner, by the tenant's name."""
    clients = open_tenants(settings)
    for tenant in demo_tenants(settings):
        furnish(tenant, clients[tenant.name], settings)
    return clients


def furnish(tenant: DemoTenant, client: Client, settings: Mapping[str, str]) -> None:
    """Templates, colleague and conversations of a tenant that has its channels."""
    simulator = ControlClient(settings["GRAPH_API_URL"])
    fill_inbox(tenant, client, simulator)  # once this is in, messaging knows the channels
    client.post("/templates/sync", {})
    simulator.close()
    if tenant.agent is not None and not hire(tenant.agent, client, settings):
        say(f"The invitation of {tenant.agent[0]} went out by mail; the password is theirs to choose.")


def tell_logins(settings: Mapping[str, str]) -> None:
    """Who can sign in, and with what."""
    password = settings["DEMO_PASSWORD"]
    for tenant in demo_tenants(settings):
        say(f"  {tenant.email:<22} {password}   OWNER of {tenant.name}")
        if tenant.agent is not None:
            say(f"  {tenant.agent[0]:<22} {password}   STAFF of {tenant.name}")


def tell_counts(clients: Mapping[str, Client]) -> None:
    """What each tenant sees of its own."""
    for name, client in clients.items():
        counts = (f"{client.get(f'/{noun}', limit=1)['pagination']['total']} {noun}" for noun in _COUNTED)
        say(f"  {name:<15} {', '.join(counts)}")


_COUNTED = ("conversations", "messages", "templates")


def main(argv: list[str]) -> int:
    """Run `make seed`."""
    del argv
    settings = read(dev_layout().env_file)
    clients = seed(settings)
    say("Two tenants are there:")
    tell_counts(clients)
    say("Logins:")
    tell_logins(settings)
    return 0
