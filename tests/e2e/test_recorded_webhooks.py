"""Every webhook that third parties have published: taken, accounted for to the last item, harmless when repeated."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from deploy.local.client import Client
from deploy.local.replay import Posted, replay
from tests.e2e.door import Door
from tests.e2e.patience import eventually
from tests.e2e.stored import Fingerprint, Stored
from tests.simulators.graph_api.demo import DEMO_NUMBER_ID, OTHER_DEMO_NUMBER_ID, SECOND_NUMBER_ID

REPOSITORY = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("FRONTDESK_FIXTURES", REPOSITORY.parent / "shared" / "fixtures")) / "whatsapp"
FILES = sorted(FOLDER.glob("*.json"))
NUMBERS = {DEMO_NUMBER_ID, OTHER_DEMO_NUMBER_ID, SECOND_NUMBER_ID}

pytestmark = pytest.mark.skipif(not FILES, reason="the recorded webhooks are not at hand")


class Receivers:
    """The two demo tenants, whose numbers the recordings are about."""

    def __init__(self, clients: Mapping[str, Client], stored: Stored) -> None:
        self._clients = clients.values()
        self._stored = stored
        self.tenant_ids = [client.get("/tenant")["id"] for client in self._clients]

    def shown(self) -> list[Any]:
        """What the API tells of everything that came in."""
        lists = [(client, name) for client in self._clients for name in ("conversations", "messages")]
        return [self._whole(client, name) for client, name in lists]

    def kept(self) -> Fingerprint:
        """What the databases hold once all consequences have come about, but for the webhooks' own book-keeping."""
        self._stored.await_quiet(*self.tenant_ids)
        found = self._stored.fingerprint(*self.tenant_ids)
        return {table: what for table, what in found.items() if table != "messaging.webhook_items"}

    def booked(self) -> int:
        """How many bodies have been worked off, repeats included."""
        return int(self._stored.value("messaging", "select coalesce(sum(repeats + 1), 0) from webhook_events"))

    @staticmethod
    def _whole(client: Client, name: str) -> list[Any]:
        found, query = [], {"limit": 100}
        while True:
            page = client.get(f"/{name}", **query)
            found += page[name]
            if page["pagination"]["nextCursor"] is None:
                return found
            query = {"limit": 100, "cursor": page["pagination"]["nextCursor"]}


@pytest.fixture(scope="module")
def receivers(demo_tenants: dict[str, Client], stored: Stored) -> Receivers:
    return Receivers(demo_tenants, stored)


@pytest.fixture(scope="module")
def posted(settings: dict[str, str], receivers: Receivers) -> list[Posted]:
    """All recordings, posted once and worked off."""
    return replay(FOLDER, settings, patience_seconds=60)


def test_each_is_taken_and_every_item_of_it_comes_to_a_known_end(posted: list[Posted]) -> None:
    assert {item.name: item.line() for item in posted if not item.accounted} == {}
    assert len(posted) == len(FILES)


def test_every_message_in_them_to_a_connected_number_is_in_an_inbox_once(
    posted: list[Posted], receivers: Receivers
) -> None:
    written = {wamid for path in FILES for wamid in _wamids(path)}
    assert len(written) >= 20
    _, ours, _, theirs = receivers.shown()
    filed = [message["externalId"] for message in ours + theirs]
    assert written - set(filed) == set()
    assert len(filed) == len(set(filed))


def _wamids(path: Path) -> Iterator[str]:
    """The ids of the messages that a recording has for one of the demo's numbers."""
    for entry in json.loads(path.read_bytes()).get("entry", []):
        for change in entry.get("changes", []):
            value = change.get("value", {})
            if value.get("metadata", {}).get("phone_number_id") in NUMBERS:
                yield from (message["id"] for message in value.get("messages", []))


def test_posting_all_of_them_again_changes_nothing(
    posted: list[Posted], receivers: Receivers, settings: dict[str, str]
) -> None:
    kept, shown, booked = receivers.kept(), receivers.shown(), receivers.booked()
    again = replay(FOLDER, settings)
    eventually("all repeats worked off", lambda: receivers.booked() == booked + len(again), 60)
    assert receivers.kept() == kept
    assert receivers.shown() == shown


def test_the_same_items_in_other_bodies_and_another_order_change_nothing(
    posted: list[Posted], receivers: Receivers, settings: dict[str, str]
) -> None:
    kept, shown, booked = receivers.kept(), receivers.shown(), receivers.booked()
    door = Door(settings["GATEWAY_URL"], settings["META_APP_SECRET"])
    for path in random.sample(FILES, len(FILES)):
        assert door.post(path.read_bytes() + b"\n").status == 200, path.name
    door.close()
    eventually("all of them worked off", lambda: receivers.booked() == booked + len(FILES), 60)
    assert receivers.kept() == kept
    assert receivers.shown() == shown
