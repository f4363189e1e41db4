"""Servers go away and come back: callers are told soon, senders may send again, and nothing is lost or doubled.

This breaks the system's own broker and databases, so it comes last, and leaves them running.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator

import pytest

from deploy.local.console import LocalError
from deploy.local.infrastructure import Infrastructure
from tests.e2e.api import Answer
from tests.e2e.business import Business, Person
from tests.e2e.door import Door, letter_to, new_message_id
from tests.e2e.patience import eventually
from tests.faults.world import World

# The promise is three seconds; a busy machine may add one of its own.
_SOON = 4.0


@pytest.fixture(scope="module")
def servers(settings: dict[str, str], business: Business) -> Iterator[Infrastructure]:
    """The private servers of the system, whole again afterwards."""
    try:
        servers = World.of(settings).private
    except (KeyError, LocalError) as error:
        pytest.skip(f"the servers are not ours to break: {error}")
    yield servers
    servers.broker.thaw()
    servers.start()
    _await_health(business)


@pytest.fixture(scope="module")
def door(settings: dict[str, str]) -> Iterator[Door]:
    door = Door(settings["GATEWAY_URL"], settings["META_APP_SECRET"])
    yield door
    door.close()


def _await_health(business: Business) -> None:
    eventually("a whole system", lambda: business.api.get("/health").data["status"] == "ok", 90)


def _timed(call: Callable[[], Answer]) -> Answer:
    """The answer, which must come soon."""
    started = time.monotonic()
    answer = call()
    seconds = time.monotonic() - started
    assert seconds < _SOON, f"{answer.response.url} took {seconds:.1f} s"
    return answer


def _assert_unavailable(answer: Answer) -> None:
    assert (answer.status, answer.json["success"]) == (503, False), answer.words
    assert int(answer.headers["Retry-After"]) >= 1
    assert "Traceback" not in answer.words


def _order(business: Business, person: Person, key: str) -> Answer:
    """An order that may be repeated under its key."""
    return business.api.post("/messages", {"to": person.written, "text": f"Under {key}."}, Idempotency_Key=key)


@pytest.mark.parametrize("outage", ["frozen", "dead"])
def test_while_the_broker_is_away_callers_are_told_soon_and_may_try_again(
    servers: Infrastructure, business: Business, door: Door, outage: str
) -> None:
    _await_health(business)
    person, wamid, key = business.new_person(), new_message_id(), secrets.token_hex(8)
    business.hear(person, "Before the outage.")
    body = json.dumps(letter_to(business, person, "During the outage.", wamid)).encode()
    (servers.broker.freeze if outage == "frozen" else servers.broker.kill)()
    try:
        for _ in range(4):
            refused = _timed(lambda: door.post(body))
            _assert_unavailable(refused)
            assert refused.code == "webhooks.not_taken"
            _assert_unavailable(_timed(lambda: business.api.get("/conversations")))
            _assert_unavailable(_timed(lambda: _order(business, person, key)))
        assert _timed(lambda: business.api.get("/live")).status == 200
        _assert_unavailable(eventually("an unready gateway", lambda: _unready(business), 15))
    finally:
        servers.broker.thaw()
        servers.start_broker()
    _await_health(business)
    eventually("the webhook's door", lambda: door.post(body).status == 200, 60)
    message = business.await_message(wamid)
    taken = eventually("an order", lambda: _taken(business, person, key), 60)
    business.await_status(taken.data["id"], "SENT", "DELIVERED", "READ")
    assert len(business.simulator.accepted(text=f"Under {key}.")) == 1
    conversation = business.api.get(f"/conversations/{message['conversationId']}").data
    assert conversation["messageCount"] == 3


def _unready(business: Business) -> Answer | None:
    answer = business.api.get("/ready")
    return answer if answer.status == 503 else None


def _taken(business: Business, person: Person, key: str) -> Answer | None:
    answer = _order(business, person, key)
    assert answer.status in {202, 409, 503}, answer.words
    return answer if answer.status == 202 else None


def test_while_the_databases_are_away_webhooks_are_still_taken_and_filed_later(
    servers: Infrastructure, business: Business, door: Door
) -> None:
    _await_health(business)
    person, wamid = business.new_person(), new_message_id()
    servers.kill_postgres()
    try:
        door.deliver(letter_to(business, person, "Nobody can file this.", wamid))
        _assert_unavailable(_timed(lambda: business.api.get("/conversations")))
    finally:
        servers.start_postgres()
    _await_health(business)
    assert business.await_message(wamid)["content"]["text"] == "Nobody can file this."
