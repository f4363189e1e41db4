"""Faults on command, and what the sender sees of each."""

import time

import pytest
import requests

from tests.simulators.graph_api.catalogue import CATALOGUE
from tests.simulators.graph_api.control import ControlClient, ControlError
from tests.simulators.graph_api.demo import DEMO_NUMBER_ID, OTHER_DEMO_NUMBER_ID
from tests.simulators.graph_api.faults import FaultKind
from tests.unit.simulators.conftest import Sender
from tests.unit.simulators.webhook_sink import WebhookSink

pytestmark = pytest.mark.usefixtures("open_window")


def test_latency(sender: Sender, control: ControlClient) -> None:
    control.add_fault(FaultKind.LATENCY, seconds=0.2)
    began = time.monotonic()
    assert sender.text("slow").status_code == 200
    assert time.monotonic() - began >= 0.2
    assert control.faults() == []


@pytest.mark.parametrize("code", [4, 190, 80007, 130429, 131000, 131016, 131056, 133004])
def test_catalogued_error(sender: Sender, control: ControlClient, code: int) -> None:
    control.add_fault(FaultKind.ERROR, code=code)
    answer = sender.text("refused")
    assert (answer.status_code, answer.json()["error"]["code"]) == (CATALOGUE[code].http_status, code)
    assert sender.text("fine").status_code == 200
    assert [message.text for message in control.accepted()] == ["fine"]


def test_page_of_the_edge(sender: Sender, control: ControlClient) -> None:
    control.add_fault(FaultKind.SERVER_ERROR, status=503)
    answer = sender.text("refused")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"].startswith("text/html")
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_cut_before_acceptance(sender: Sender, control: ControlClient) -> None:
    control.add_fault(FaultKind.CUT_BEFORE_ACCEPT)
    with pytest.raises(requests.ConnectionError):
        sender.text("lost")
    assert control.counts().accepted == 0
    assert [call.outcome for call in control.calls(path="/messages")] == ["cut"]


def test_cut_after_acceptance(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    control.add_fault(FaultKind.CUT_AFTER_ACCEPT)
    with pytest.raises(requests.ConnectionError):
        sender.text("uncertain", biz_opaque_callback_data="only-once")
    assert control.counts().by_callback_data == {"only-once": 1}
    sink.wait_for(3)
    assert {status["biz_opaque_callback_data"] for status in sink.statuses()} == {"only-once"}
    call = control.calls(path="/messages")[0]
    assert (call.outcome, call.status, call.message_id) == ("cut", None, control.accepted()[0].id)


@pytest.mark.parametrize(("kind", "accepted"), [(FaultKind.HANG, 0), (FaultKind.HANG_AFTER_ACCEPT, 1)])
def test_hang(sender: Sender, control: ControlClient, kind: FaultKind, accepted: int) -> None:
    control.add_fault(kind, seconds=60)
    body = {"messaging_product": "whatsapp", "to": "+16505551234", "text": {"body": "stuck"}}
    headers = {"Authorization": f"Bearer {sender.token}"}
    with pytest.raises(requests.ReadTimeout):
        requests.post(f"{sender.base_url}/v26.0/{DEMO_NUMBER_ID}/messages", json=body, headers=headers, timeout=0.1)
    assert control.counts().accepted == accepted
    assert sender.text("next").status_code == 200


def test_accepted_and_failed_later(sender: Sender, control: ControlClient, sink: WebhookSink) -> None:
    control.add_fault(FaultKind.FAILED_STATUS, code=131053)
    assert sender.text("doomed").status_code == 200
    sink.wait_for(1)
    assert sink.statuses()[0]["errors"][0]["code"] == 131053


def test_fault_holds_for_the_calls_it_is_meant_for(sender: Sender, control: ControlClient) -> None:
    control.add_fault(FaultKind.ERROR, times=2, skip=1)
    assert [sender.text(f"{n}").status_code for n in range(4)] == [200, 500, 500, 200]
    control.add_fault(FaultKind.ERROR, times=None, recipient="+16505550002")
    assert [sender.text("x", to=to).status_code for to in ("+16505550001", "+16505550002")] == [200, 500]
    control.add_fault(FaultKind.ERROR, times=None, phone_number_id=OTHER_DEMO_NUMBER_ID)
    assert sender.send(number=OTHER_DEMO_NUMBER_ID, text={"body": "x"}).status_code == 500
    first, second = control.faults()
    control.clear_faults(first)
    assert control.faults() == [second]
    control.clear_faults()
    assert sender.send(number=OTHER_DEMO_NUMBER_ID, text={"body": "x"}).status_code == 200


def test_fault_is_not_used_up_by_a_refused_call(sender: Sender, control: ControlClient) -> None:
    control.add_fault(FaultKind.CUT_AFTER_ACCEPT)
    assert sender.text("").status_code == 400
    assert len(control.faults()) == 1


def test_fault_of_another_endpoint(sender: Sender, control: ControlClient) -> None:
    control.add_fault(FaultKind.ERROR, endpoint="phone_number", code=131016)
    assert sender.text("fine").status_code == 200
    assert sender.call("GET", f"v26.0/{DEMO_NUMBER_ID}").status_code == 500
    assert sender.call("GET", f"v26.0/{DEMO_NUMBER_ID}").status_code == 200


def test_impossible_faults_are_refused(control: ControlClient) -> None:
    with pytest.raises(ControlError, match="no code 77"):
        control.add_fault(FaultKind.ERROR, code=77)
    with pytest.raises(ControlError, match="messages only"):
        control.add_fault(FaultKind.CUT_AFTER_ACCEPT, endpoint="media")


def test_throughput_limit(sender: Sender, control: ControlClient) -> None:
    control.set_clock(frozen=True)
    control.set_limits(messages_per_second=3, pair_seconds=None)
    answers = [sender.text("x") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 400]
    assert answers[3].json()["error"]["code"] == 130429
    assert sender.send(number=OTHER_DEMO_NUMBER_ID, text={"body": "x"}).status_code == 200
    control.advance_clock(1)
    assert sender.text("x").status_code == 200
    control.no_limits()
    assert {sender.text("x").status_code for _ in range(10)} == {200}


def test_pair_rate_lends_from_the_future(sender: Sender, control: ControlClient) -> None:
    control.set_clock(frozen=True)
    answers = [sender.text("x") for _ in range(46)]
    assert {answer.status_code for answer in answers[:45]} == {200}
    assert answers[45].json()["error"]["code"] == 131056
    assert sender.text("x", to="+16505550002").status_code == 200
    control.advance_clock(5)
    assert sender.text("x").json()["error"]["code"] == 131056
    control.advance_clock(1)
    assert sender.text("x").status_code == 200
