"""End-to-end tests talk to the system that the environment names, over HTTP; `make test TIER=e2e` starts one for them.

They run in a process that nothing has patched. A test of the outside arranges it through the simulator's control
client; one that must know what is stored asks the databases as their administrator.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.local.client import Client
from deploy.local.demo_tenants import open_tenants
from tests.e2e.api import Api
from tests.e2e.business import Business, open_business
from tests.e2e.mailbox import Mailbox
from tests.e2e.people import Account, open_account
from tests.e2e.stored import Stored
from tests.simulators.graph_api.control import ControlClient

_LAST = "test_broker_away"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever takes the broker away comes last: the others find the system whole."""
    items.sort(key=lambda item: item.path.stem == _LAST)


@pytest.fixture(scope="session")
def settings() -> dict[str, str]:
    """The environment of the system under test."""
    if "GATEWAY_URL" not in os.environ:
        pytest.skip("GATEWAY_URL names no running system")
    return dict(os.environ)


@pytest.fixture(scope="session")
def api(settings: dict[str, str]) -> Iterator[Api]:
    """Somebody without a credential."""
    api = Api(settings["GATEWAY_URL"])
    yield api
    api.close()


@pytest.fixture(scope="module")
def document(api: Api) -> dict[str, Any]:
    """The API document, as it is served."""
    return dict(api.get("/api/openapi.json").json)


@pytest.fixture(scope="module")
def simulator(settings: dict[str, str]) -> Iterator[ControlClient]:
    """The outside world, without a fault and without limits."""
    client = ControlClient(settings["GRAPH_API_URL"])
    client.no_limits()
    client.clear_faults()
    client.set_options(lean_records=False)
    yield client
    client.clear_faults()
    client.close()


@pytest.fixture(scope="session")
def demo_tenants(settings: dict[str, str]) -> dict[str, Client]:
    """The demo's two tenants, by their names: recordings and the examples of the API document are about them."""
    return open_tenants(settings)


@pytest.fixture(scope="module")
def stored(settings: dict[str, str]) -> Stored:
    """The databases behind the services."""
    if "POSTGRES_ADMIN_URL" not in settings:
        pytest.skip("nobody gave us an administrator's login to the databases")
    return Stored(settings["POSTGRES_ADMIN_URL"])


@pytest.fixture(scope="session")
def mailbox(settings: dict[str, str]) -> Mailbox:
    """The mails that the system has sent."""
    if "MAILBOX_DIR" not in settings:
        pytest.skip("nobody told us where mails are written to")
    return Mailbox(Path(settings["MAILBOX_DIR"]))


@pytest.fixture
def owner(api: Api) -> Account:
    """The owner of a new business, signed in."""
    return open_account(api)


@pytest.fixture(scope="module")
def business(api: Api, simulator: ControlClient) -> Business:
    """One tenant for the tests of a module that don't look at all it has."""
    return open_business(api, simulator)


@pytest.fixture
def open_another(api: Api, simulator: ControlClient) -> Callable[[], Business]:
    """A further tenant."""
    return lambda: open_business(api, simulator)
