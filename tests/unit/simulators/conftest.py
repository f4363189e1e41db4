"""One simulator and one subscriber for all tests here; each test finds the demo's world, fresh and quick."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.simulators.graph_api.control import ControlClient
from tests.simulators.graph_api.demo import DEMO_NUMBER_ID, DEMO_TOKEN
from tests.simulators.graph_api.launcher import RunningGraphApi, running_graph_api
from tests.unit.simulators.webhook_sink import WebhookSink, running_sink

QUICK = {"sent": 0.0, "delivered": 0.03, "read": 0.06, "failed": 0.0}


@dataclass
class Sender:
    """Sends as a business would."""

    base_url: str
    token: str = DEMO_TOKEN
    session: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.session.request(method, f"{self.base_url}/{path}", headers=headers, timeout=5, **options)

    def send(self, to: str = "+16505551234", number: str = DEMO_NUMBER_ID, **body: Any) -> requests.Response:
        envelope = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": to}
        return self.call("POST", f"v26.0/{number}/messages", json=envelope | body)

    def text(self, words: str, to: str = "+16505551234", **body: Any) -> requests.Response:
        return self.send(to, type="text", text={"body": words}, **body)


@pytest.fixture(scope="session")
def sink_process() -> Iterator[WebhookSink]:
    with running_sink() as sink:
        yield sink


@pytest.fixture(scope="session")
def graph_api(sink_process: WebhookSink) -> Iterator[RunningGraphApi]:
    with running_graph_api(webhook_url=sink_process.url) as running:
        yield running


@pytest.fixture
def control(graph_api: RunningGraphApi, sink_process: WebhookSink) -> ControlClient:
    graph_api.control.reset()
    graph_api.control.create_demo_businesses()
    graph_api.control.set_behaviour(delays=QUICK)
    graph_api.control.set_webhooks(first_retry_seconds=0.02, longest_retry_seconds=0.05)
    sink_process.clear()
    return graph_api.control


@pytest.fixture
def sink(control: ControlClient, sink_process: WebhookSink) -> WebhookSink:
    return sink_process


@pytest.fixture
def sender(control: ControlClient) -> Iterator[Sender]:
    sender = Sender(control.base_url)
    yield sender
    sender.session.close()


@pytest.fixture
def open_window(control: ControlClient) -> str:
    """A customer who may be written to freely."""
    control.create_customer("16505551234", name="Sheena Nelson")
    control.set_window("16505551234")
    return "16505551234"


@pytest.fixture(scope="session")
def whatsapp_fixtures() -> Path:
    default = Path(__file__).resolve().parents[4] / "shared" / "fixtures"
    folder = Path(os.environ.get("FRONTDESK_FIXTURES", default)) / "whatsapp"
    if not folder.is_dir():
        pytest.skip("the WhatsApp fixtures are absent")
    return folder
