"""An `Idempotency-Key`, from the client's header to the service that owns the answer, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.common.contracts.base import Request
from services.common.contracts.idempotency import IdempotencyKeyReused, StillRunning
from services.common.kit import ids
from tests.gateway.bus import FakeRpc, golden
from tests.gateway.test_api_keys import speaks_for
from tests.gateway.test_openapi import operations
from tests.gateway.tokens import bearer

SALON = {"name": "Rosa", "timezone": "Europe/Berlin", "currency": "EUR"}
MESSAGE = {"to": "+16505551234", "text": "hi"}
KEY = {"Idempotency-Key": "order-7"}
OTHER = "01936f2e-0000-7000-8000-0000000000ff"


class Remembering:
    """A service that keeps its answers as the kit does: by tenant, caller, method and key."""

    def __init__(self, rpc: FakeRpc) -> None:
        self._rpc = rpc
        self._kept: dict[Any, tuple[str, Any]] = {}

    def __call__(self, request: Request[Any]) -> Any:
        context = self._rpc.asked[-1].context
        place = (context.tenant_id, context.caller, request.METHOD, context.idempotency_key)
        body = json.dumps(request.to_wire(), sort_keys=True)
        before, answer = self._kept.setdefault(place, (body, {**golden(request), "id": ids.new_id()}))
        if before != body:
            raise IdempotencyKeyReused
        return answer


@pytest.fixture
def service(rpc: FakeRpc) -> Remembering:
    remembering = Remembering(rpc)
    rpc.answers |= {"tenants.create_salon": remembering, "messaging.queue_message": remembering}
    return remembering


@pytest.mark.usefixtures("service")
def test_a_repeated_order_is_answered_as_the_first_time(client: FlaskClient) -> None:
    first, again = (client.post("/api/v1/salons", json=SALON, headers={**bearer(), **KEY}) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert (first.data, first.headers["Location"]) == (again.data, again.headers["Location"])


@pytest.mark.usefixtures("service")
def test_without_a_key_each_order_is_another(client: FlaskClient) -> None:
    first, again = (client.post("/api/v1/salons", json=SALON, headers=bearer()) for _ in range(2))
    assert first.get_json() != again.get_json()


@pytest.mark.usefixtures("service")
def test_a_key_for_another_order_is_refused(client: FlaskClient) -> None:
    client.post("/api/v1/salons", json=SALON, headers={**bearer(), **KEY})
    refused = client.post("/api/v1/salons", json={**SALON, "name": "Other"}, headers={**bearer(), **KEY})
    assert (refused.status_code, refused.get_json()["code"]) == (422, "idempotency.key_reused")


def test_a_key_whose_order_still_runs_says_when_to_come_back(client: FlaskClient, rpc: FakeRpc) -> None:
    rpc.refuse("tenants.create_salon", StillRunning(details={"retryAfter": "1"}))
    refused = client.post("/api/v1/salons", json=SALON, headers={**bearer(), **KEY})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "idempotency.still_running")
    assert (refused.headers["Retry-After"], refused.get_json()["errors"]) == ("1", {})


@pytest.mark.usefixtures("service")
def test_each_caller_has_keys_of_its_own(client: FlaskClient, rpc: FakeRpc) -> None:
    callers = [bearer(), bearer(sub=OTHER), bearer(tid=OTHER), speaks_for(rpc, "messages:write")]
    path = "/api/v1/whatsapp/send-text"
    answers = [client.post(path, json=MESSAGE, headers={**headers, **KEY}) for headers in callers]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.get_json()["data"]["id"] for answer in answers}) == len(callers)


@pytest.mark.parametrize("key", ["", "x" * 256, "t\u00e4b", "a\tb", " "])
def test_a_key_that_is_not_sane_reaches_no_service(client: FlaskClient, rpc: FakeRpc, key: str) -> None:
    refused = client.post("/api/v1/salons", json=SALON, headers={**bearer(), "Idempotency-Key": key})
    assert (refused.status_code, refused.get_json()["code"]) == (400, "request.malformed")
    assert rpc.commands == []


@pytest.mark.parametrize("key", ["x", "x" * 255, "with a blank", '"quoted"'])
def test_a_sane_key_goes_on_as_it_came(client: FlaskClient, rpc: FakeRpc, key: str) -> None:
    assert client.post("/api/v1/salons", json=SALON, headers={**bearer(), "Idempotency-Key": key}).status_code == 201
    assert rpc.commands[0].context.idempotency_key == key


def test_the_document_says_where_a_key_may_be_sent_and_what_can_become_of_it(client: FlaskClient) -> None:
    for method, path, operation in operations(client.get("/api/openapi.json").get_json()):
        headers = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"]
        if method == "GET" or path.endswith("/webhook"):
            assert "Idempotency-Key" not in headers
        else:
            assert "Idempotency-Key" in headers
            assert "`idempotency.still_running`" in operation["responses"]["409"]["description"]
            assert "`idempotency.key_reused`" in operation["responses"]["422"]["description"]
