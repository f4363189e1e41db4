"""Repeating an order is safe: the same one is carried out once, another one under the same name is refused."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.api import Answer, Api
from tests.e2e.business import Business, Person, register


@pytest.fixture(scope="module")
def customer(business: Business) -> Person:
    """Somebody whose window is open."""
    person = business.new_person()
    business.hear(person, "Hello.")
    return person


def order_of(customer: Person, text: str, **more: str) -> dict[str, object]:
    return {"to": customer.written, "type": "TEXT", "content": {"text": text}, **more}


def test_a_client_message_id_names_one_message_for_ever(business: Business, customer: Person) -> None:
    order = order_of(customer, "Named.", clientMessageId=secrets.token_hex(8))
    first = business.api.post("/messages", order).data
    again = business.api.post("/messages", order).data
    assert again["id"] == first["id"]
    other = business.api.post("/messages", {**order, "content": {"text": "Another."}})
    assert (other.status, other.code) == (409, "messaging.client_message_id_reused")
    business.await_status(first["id"], "SENT", "DELIVERED", "READ")
    assert len(business.simulator.accepted(text="Named.")) == 1


def test_an_idempotency_key_replays_the_first_answer(business: Business, customer: Person) -> None:
    order, key = order_of(customer, "Keyed."), secrets.token_hex(8)
    first = business.api.post("/messages", order, Idempotency_Key=key)
    business.await_status(first.data["id"], "SENT", "DELIVERED", "READ")
    again = business.api.post("/messages", order, Idempotency_Key=key)
    assert (again.status, again.json) == (first.status, first.json)
    assert len(business.simulator.accepted(text="Keyed.")) == 1


def test_an_idempotency_key_with_another_body_is_refused(business: Business) -> None:
    form, key = {"name": "First", "timezone": "Europe/Berlin", "currency": "EUR"}, secrets.token_hex(8)
    assert business.api.post("/salons", form, Idempotency_Key=key).status == 201
    refused = business.api.post("/salons", {**form, "name": "Second"}, Idempotency_Key=key)
    assert refused.status == 422, refused.words
    assert "idempotency" in refused.code
    names = [salon["name"] for salon in business.api.get("/salons").data["salons"]]
    assert names.count("First") == 1
    assert "Second" not in names


def test_two_tenants_may_use_the_same_key(business: Business, api: Api) -> None:
    other = api.as_caller(register(api)["token"])
    form, key = {"name": "Shared key", "timezone": "Europe/Berlin", "currency": "EUR"}, secrets.token_hex(8)
    made = [caller.post("/salons", form, Idempotency_Key=key).data["id"] for caller in (business.api, other)]
    assert len(set(made)) == 2


def test_twenty_parallel_orders_under_one_key_are_one_message(business: Business, customer: Person) -> None:
    order, key = order_of(customer, "In parallel."), secrets.token_hex(8)

    def send(_: int) -> Answer:
        return business.api.as_caller(business.token).post("/messages", order, Idempotency_Key=key)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert {answer.status for answer in answers} <= {202, 409}
    (message_id,) = {answer.data["id"] for answer in answers if answer.status == 202}
    assert {answer.headers["Retry-After"] for answer in answers if answer.status == 409} <= {"1", "2"}
    business.await_status(message_id, "SENT", "DELIVERED", "READ")
    assert len(business.simulator.accepted(text="In parallel.")) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "é"])
def test_a_key_that_is_no_key_is_refused(business: Business, customer: Person, key: str) -> None:
    refused = business.api.call(
        "POST", "/messages", order_of(customer, "Never."), headers={"Idempotency-Key": key.encode()}
    )
    assert (refused.status, refused.code) == (400, "request.malformed")
