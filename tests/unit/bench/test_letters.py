from __future__ import annotations

import hashlib
import hmac
from itertools import islice

import orjson

from services.common.contracts.base import Envelope
from services.common.contracts.gateway import WebhookReceivedV1
from tests.bench.letters import Number, Writer, as_events, phone_of, user_id_of

NUMBER = Number("106540352242922", "+15550783881", "102290129340398")


def test_each_message_has_an_id_that_tells_its_place() -> None:
    writer = Writer(NUMBER, "secret", run=3)
    bodies = [orjson.loads(body) for body in writer.bodies([7, 8, 7])]
    values = [body["entry"][0]["changes"][0]["value"] for body in bodies]
    assert [writer.index_of(value["messages"][0]["id"]) for value in values] == [0, 1, 2]
    assert [value["messages"][0]["from"] for value in values] == [phone_of(7), phone_of(8), phone_of(7)]
    assert {value["metadata"]["phone_number_id"] for value in values} == {NUMBER.phone_number_id}


def test_two_runs_share_neither_ids_nor_newcomers() -> None:
    one, other = Writer(NUMBER, "secret", run=1), Writer(NUMBER, "secret", run=2)
    assert one.prefix != other.prefix
    assert set(islice(one.newcomers(), 1000)).isdisjoint(islice(other.newcomers(), 1000))


def test_a_request_is_signed_over_its_body() -> None:
    writer = Writer(NUMBER, "secret", run=1)
    (body,) = writer.bodies([1])
    (request,) = writer.requests("h", [body])
    digest = hmac.new(b"secret", body, hashlib.sha256).hexdigest()
    assert f"X-Hub-Signature-256: sha256={digest}\r\n".encode() in request
    assert request.endswith(b"\r\n\r\n" + body)


def test_an_event_holds_the_body_as_it_is() -> None:
    (body,) = Writer(NUMBER, "secret", run=1).bodies([1])
    (event,) = as_events([body])
    assert WebhookReceivedV1.from_wire(Envelope.from_bytes(event.body).data).raw() == body
    assert (event.exchange, event.routing_key) == ("gateway.events", "webhook.received.v1")


def test_a_customer_has_another_id_for_each_business() -> None:
    assert user_id_of(1, "10") != user_id_of(1, "20")
