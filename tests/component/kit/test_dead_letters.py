"""What was given up can be looked at and put back."""

from __future__ import annotations

from collections.abc import Callable

import orjson
import pytest

from services.common.kit import dead_letters
from services.common.kit.ids import new_id
from services.common.kit.publisher import ConfirmedPublisher, Outgoing
from tests.component.kit.broker import TOPOLOGY, Broker
from tests.component.kit.events import outgoing
from tests.component.kit.running import Running
from tests.component.kit.sample import Memory, SampleAddedV1
from tests.component.services import eventually

Start = Callable[..., Running]
TENANT = new_id()
QUEUE = "evt-sample-sample.added.v1--sample.on_sample_added_v1"


class Printed:
    """The command line for the sample service, and what it wrote last."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def command(self, *arguments: str) -> int:
        code = dead_letters.main(["sample", *arguments])
        self.out, self.err = self._capsys.readouterr()
        return code


@pytest.fixture
def printed(broker: Broker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Printed:
    monkeypatch.setenv("AMQP_URL", broker.url)
    return Printed(capsys)


def test_a_letter_is_listed_shown_and_replayed(
    start: Start,
    broker: Broker,
    publisher: ConfirmedPublisher,
    memory: Memory,
    printed: Printed,
) -> None:
    start("events", retry_tiers=(1,))
    event = outgoing(SampleAddedV1(name="bad"), TENANT)
    memory.always["bad"] = ValueError("never")
    publisher.publish(event)
    publisher.publish(Outgoing("sample.events", "sample.added.v1", b"no json"))
    eventually(lambda: broker.count(TOPOLOGY.dead_letters) == 2)
    assert printed.command("list") == 0
    told = {line["id"]: line for line in map(orjson.loads, printed.out.splitlines())}
    assert (told[event.message_id]["queue"], told[event.message_id]["attempts"]) == (QUEUE, 2)
    assert printed.command("show", "--id", event.message_id) == 0
    assert '"name\\": \\"bad\\"'.replace(" ", "") in printed.out
    memory.always.clear()
    assert printed.command("replay", "--id", event.message_id) == 0
    eventually(lambda: memory.handled == ["bad"])
    assert broker.count(TOPOLOGY.dead_letters) == 1


def test_what_cannot_go_back_stays(broker: Broker, publisher: ConfirmedPublisher, printed: Printed) -> None:
    broker.declare()
    publisher.publish(Outgoing("", TOPOLOGY.dead_letters, b"{}", {"x-origin-queue": "evt-gone"}, "lost"))
    assert printed.command("replay", "--all") == 1
    assert "lost" in printed.err
    assert broker.count(TOPOLOGY.dead_letters) == 1
    assert printed.command("replay", "--id", "another") == 1
