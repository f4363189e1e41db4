"""Effects once: the inbox and the idempotency answers, under races."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import eventlet
import pytest
from sqlalchemy import text

from services.common.contracts.errors import Conflict
from services.common.contracts.idempotency import IdempotencyKeyReused, StillRunning
from services.common.kit import idempotency, ids, inbox
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.idempotency import Key
from services.common.kit.uow import SYSTEM, TENANT, Scope, UnitOfWork
from tests.integration.kit.conftest import count_all


def _key(caller: str = "user:1", route: str = "library.build", key: str = "k", content: Any = None) -> Key:
    return Key(caller, route, key, idempotency.fingerprint_of(content))


def _build(uow: UnitOfWork) -> dict[str, str]:
    shelf_id = ids.new_id()
    values = {"tenant": uow.tenant_id, "id": shelf_id, "name": shelf_id}
    uow.session.execute(text("insert into shelf values (:tenant, :id, :name)"), values)
    return {"id": shelf_id}


def _build_once(database: Database, context: Context, key: Key, pause: float = 0) -> Any:
    def build(uow: UnitOfWork) -> dict[str, str]:
        eventlet.sleep(pause)
        return _build(uow)

    with database.transaction(context, TENANT) as uow:
        return idempotency.run_once(uow, key, lambda: build(uow))


def test_the_second_call_gets_the_first_ones_answer(database: Database, ours: Context) -> None:
    first = _build_once(database, ours, _key())
    assert _build_once(database, ours, _key()) == first
    assert count_all(database, "shelf") == 1


def test_of_twenty_calls_at_once_one_is_carried_out(database: Database, ours: Context) -> None:
    def call() -> Any:
        try:
            return _build_once(database, ours, _key(), pause=0.05)["id"]
        except StillRunning as refused:
            return refused.details["retryAfter"]

    pool = eventlet.GreenPool(20)
    results = Counter(thread.wait() for thread in [pool.spawn(call) for _ in range(20)])
    assert count_all(database, "shelf") == 1
    assert len(results) == 2
    (built,) = set(results) - {"1"}
    assert _build_once(database, ours, _key()) == {"id": built}


def test_a_key_with_other_content_is_refused(database: Database, ours: Context) -> None:
    _build_once(database, ours, _key(content={"a": 1, "b": 2}))
    assert _build_once(database, ours, _key(content={"b": 2, "a": 1}))
    with pytest.raises(IdempotencyKeyReused):
        _build_once(database, ours, _key(content={"a": 2, "b": 2}))


@pytest.mark.parametrize("other", [_key(caller="user:2"), _key(route="library.raze"), _key(key="k2")])
def test_another_caller_route_or_key_is_another_request(database: Database, ours: Context, other: Key) -> None:
    assert _build_once(database, ours, _key()) != _build_once(database, ours, other)


def test_another_tenant_is_another_request(database: Database, ours: Context, theirs: Context) -> None:
    assert _build_once(database, ours, _key()) != _build_once(database, theirs, _key())


def test_a_refused_command_may_be_tried_again(database: Database, ours: Context) -> None:
    def refuse() -> None:
        raise Conflict

    with pytest.raises(Conflict), database.transaction(ours, TENANT) as uow:
        idempotency.run_once(uow, _key(), refuse)
    assert _build_once(database, ours, _key())


@pytest.mark.parametrize("answer", [None, [], {"list": [1, "ü", None]}, "text", 0])
def test_any_answer_in_wire_form_is_remembered(database: Database, nobody: Context, answer: Any) -> None:
    def call(make: Callable[[], Any]) -> Any:
        with database.transaction(nobody, SYSTEM) as uow:
            return idempotency.run_once(uow, _key(), make)

    assert call(lambda: answer) == answer
    assert call(lambda: 1 / 0) == answer


def _claim(database: Database, context: Context, scope: Scope, event_ids: list[str], handler: str = "h") -> set[str]:
    with database.transaction(context, scope) as uow:
        return inbox.claim(uow, event_ids, handler)


def test_an_event_is_taken_once_by_each_handler(database: Database, ours: Context, nobody: Context) -> None:
    one, two, three = (ids.new_id() for _ in range(3))
    assert _claim(database, ours, TENANT, [one, two]) == {one, two}
    assert _claim(database, nobody, SYSTEM, [two, three, three]) == {three}
    assert _claim(database, ours, TENANT, [one, two], "another") == {one, two}
    assert _claim(database, ours, TENANT, []) == set()


def test_a_failed_effect_frees_its_event(database: Database, ours: Context) -> None:
    event_id = ids.new_id()

    def fail() -> None:
        with database.transaction(ours, TENANT) as uow:
            assert inbox.claim(uow, [event_id], "h")
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert _claim(database, ours, TENANT, [event_id]) == {event_id}


def test_handlers_racing_for_one_event_take_it_once(database: Database, ours: Context) -> None:
    event_id = ids.new_id()

    def handle(fails: bool) -> bool:
        try:
            with database.transaction(ours, TENANT) as uow:
                taken = bool(inbox.claim(uow, [event_id], "h"))
                eventlet.sleep(0.02)
                if fails and taken:
                    raise ValueError
                return taken
        except ValueError:
            return False

    threads = [eventlet.spawn(handle, index == 0) for index in range(10)]
    assert sum(thread.wait() for thread in threads) == 1


def test_batches_that_share_events_do_not_lock_each_other_out(database: Database, nobody: Context) -> None:
    events = [ids.new_id() for _ in range(40)]

    def take(order: int) -> set[str]:
        return _claim(database, nobody, SYSTEM, events[::order])

    for _ in range(5):
        threads = [eventlet.spawn(take, order) for order in (1, -1) * 4]
        assert sum(len(thread.wait()) for thread in threads) == 40
        events = [ids.new_id() for _ in range(40)]
