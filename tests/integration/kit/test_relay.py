"""The relay against a real outbox, with a publisher whose answers the test decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import eventlet
import pytest
from sqlalchemy import text

from services.common.contracts.base import Envelope, Event
from services.common.kit import clock, housekeeping, outbox
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.publisher import BusUnavailable, Outcome, Outgoing
from services.common.kit.relay import Relay, RelayOptions
from services.common.kit.uow import SYSTEM, TENANT
from tests.integration.databases import PrivateDatabase, connected

_QUICK = RelayOptions(poll=0.05, first_delay=0.02, longest_delay=0.05, sweep=0.1)


class BookLentV1(Event, source="library", type="book.lent.v1", consumed_by=("readers",)):
    """For the tests."""

    number: int


class BookMissedV1(Event, source="library", type="book.missed.v1"):
    """One that no service takes."""

    number: int


class Broker:
    """Confirms everything, unless told otherwise; remembers what it has confirmed."""

    def __init__(self) -> None:
        self.confirmed: list[Outgoing] = []
        self.away = False
        self.without_queue: set[str] = set()
        self.before_answer: Callable[[], None] = lambda: None
        self.batches: list[int] = []

    def publish_many(self, messages: Sequence[Outgoing], timeout: float = 5.0) -> list[Outcome]:
        assert timeout <= 5.0
        self.batches += [len(messages)] if messages else []
        outcomes = [self._take(message) for message in messages]
        self.before_answer()
        return outcomes

    def numbers(self) -> list[int]:
        return [Envelope.from_bytes(message.body).data["number"] for message in self.confirmed]

    def _take(self, message: Outgoing) -> Outcome:
        if self.away:
            return Outcome.UNAVAILABLE
        if message.mandatory and message.routing_key in self.without_queue:
            return Outcome.UNROUTABLE
        self.confirmed.append(message)
        return Outcome.CONFIRMED


@pytest.fixture
def broker() -> Broker:
    return Broker()


@contextmanager
def running(relay: Relay) -> Iterator[None]:
    thread = eventlet.spawn(relay.run)
    try:
        yield
    finally:
        relay.stop()
        thread.wait()


def lend(database: Database, context: Context, *numbers: int) -> None:
    with database.transaction(context, TENANT) as uow:
        for number in numbers:
            uow.publish(BookLentV1(number=number))


def positions(database: Database) -> list[int]:
    with database.transaction(Context.new(), SYSTEM) as uow:
        return [position for position, _ in outbox.read_events(uow.session, 0, 10_000)]


def eventually(condition: Callable[[], bool]) -> None:
    with eventlet.Timeout(5):
        while not condition():
            eventlet.sleep(0.01)


def test_an_event_carries_its_tenant_its_cause_and_its_trace(database: Database, ours: Context, broker: Broker) -> None:
    cause = Envelope(
        id="01890000-0000-7000-8000-000000000001", type="x.y.v1", occurred_at="2026-01-01T00:00:00Z",
        tenant_id=ours.tenant_id, source="x", correlation_id="c", causation_id=None, data={},
    )  # fmt: skip
    with database.transaction(ours, TENANT, envelope=cause) as uow:
        event_id = uow.publish(BookLentV1(number=7))
    assert Relay(database, broker).publish_waiting(10) == 1
    (message,) = broker.confirmed
    envelope = Envelope.from_bytes(message.body)
    assert (message.exchange, message.routing_key, message.message_id) == ("library.events", "book.lent.v1", event_id)
    assert (envelope.id, envelope.tenant_id, envelope.data) == (event_id, ours.tenant_id, {"number": 7})
    assert (envelope.causation_id, envelope.correlation_id) == (cause.id, ours.request_id)
    context = Context.from_headers(message.headers)
    assert (context.tenant_id, context.request_id) == (ours.tenant_id, ours.request_id)
    assert (context.caller, context.idempotency_key) == (None, None)


def test_an_event_of_a_failed_transaction_never_leaves(database: Database, ours: Context, broker: Broker) -> None:
    def fail() -> None:
        with database.transaction(ours, TENANT) as uow:
            uow.publish(BookLentV1(number=1))
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        fail()
    assert Relay(database, broker).publish_waiting(10) == 0


def test_a_commit_wakes_the_relay(database: Database, ours: Context, broker: Broker) -> None:
    with running(Relay(database, broker, RelayOptions(poll=30))):
        eventlet.sleep(0.1)
        with eventlet.Timeout(1):
            lend(database, ours, 1, 2, 3)
            while len(broker.confirmed) < 3:
                eventlet.sleep(0.005)
    assert broker.numbers() == [1, 2, 3]


def test_the_poll_finds_what_another_process_stored(
    library: PrivateDatabase, database: Database, ours: Context, broker: Broker
) -> None:
    other = Database(library.app_url, "library")
    with running(Relay(database, broker, _QUICK)):
        lend(other, ours, 1)
        eventually(lambda: broker.numbers() == [1])
    other.close()


def test_events_wait_while_the_broker_is_away_and_leave_in_order(
    database: Database, ours: Context, broker: Broker
) -> None:
    broker.away = True
    with running(relay := Relay(database, broker, _QUICK)):
        for number in range(30):
            lend(database, ours, number)
        eventlet.sleep(0.2)
        assert broker.confirmed == []
        assert 0 < relay.lag() < 5
        broker.away = False
        eventually(lambda: len(broker.confirmed) == 30)
        eventually(lambda: relay.lag() == 0)
    assert broker.numbers() == list(range(30))
    assert positions(database) == list(range(1, 31))


def test_after_an_outage_one_event_tries_the_way_and_the_rest_follows_at_once(
    database: Database, ours: Context, broker: Broker
) -> None:
    broker.away = True
    with running(Relay(database, broker, _QUICK)):
        lend(database, ours, *range(20))
        eventually(lambda: len(broker.batches) > 3)
        assert set(broker.batches[1:]) == {1}
        broker.batches.clear()
        broker.away = False
        eventually(lambda: len(broker.confirmed) == 20)
    assert broker.batches[-2:] == [1, 19]


def test_a_crash_between_publishing_and_commit_repeats_and_loses_nothing(
    database: Database, ours: Context, broker: Broker
) -> None:
    lend(database, ours, 1, 2, 3)

    def crash() -> None:
        raise eventlet.greenlet.GreenletExit

    broker.before_answer = crash
    with pytest.raises(eventlet.greenlet.GreenletExit):
        Relay(database, broker).publish_waiting(10)
    broker.before_answer = lambda: None
    Relay(database, broker).publish_waiting(10)
    assert broker.numbers() == [1, 2, 3, 1, 2, 3]
    ids = [message.message_id for message in broker.confirmed]
    assert ids[:3] == ids[3:]
    assert positions(database) == [1, 2, 3]


def test_what_was_confirmed_before_the_broker_went_is_not_sent_again(
    database: Database, ours: Context, broker: Broker
) -> None:
    class HalfAway(Broker):
        def publish_many(self, messages: Sequence[Outgoing], timeout: float = 5.0) -> list[Outcome]:
            super().publish_many(messages[:2], timeout)
            return [Outcome.CONFIRMED, Outcome.CONFIRMED, *[Outcome.UNAVAILABLE] * (len(messages) - 2)]

    lend(database, ours, 1, 2, 3, 4)
    with pytest.raises(BusUnavailable):
        Relay(database, HalfAway()).publish_waiting(10)
    Relay(database, broker).publish_waiting(10)
    assert broker.numbers() == [3, 4]


def test_what_no_queue_takes_is_set_aside_and_tried_again(database: Database, ours: Context, broker: Broker) -> None:
    broker.without_queue = {"book.lent.v1"}
    lend(database, ours, 1, 2)
    with database.transaction(ours, TENANT) as uow:
        uow.publish(BookMissedV1(number=3))
    with running(relay := Relay(database, broker, _QUICK)):
        eventually(lambda: broker.numbers() == [3])
        assert relay.lag() == 0
        broker.without_queue = set()
        eventually(lambda: broker.numbers() == [3, 1, 2])
    assert positions(database) == [1, 2, 3]


def test_attempts_of_an_event_that_no_queue_takes_are_counted(
    library: PrivateDatabase, database: Database, ours: Context, broker: Broker
) -> None:
    broker.without_queue = {"book.lent.v1"}
    lend(database, ours, 1)
    relay = Relay(database, broker, RelayOptions(sweep=0))
    relay.publish_waiting(10)
    assert relay.retry_parked() == 1
    with connected(library.admin_url) as admin:
        state = admin.exec_driver_sql("select attempts, parked_at is not null, published_at from outbox").one()
    assert tuple(state) == (2, True, None)


def test_two_relays_share_the_work_and_a_reader_misses_nothing(
    library: PrivateDatabase, database: Database, ours: Context
) -> None:
    brokers = [Broker(), Broker()]
    for broker in brokers:
        broker.before_answer = lambda: eventlet.sleep(0.003)
    others = [Database(library.app_url, "library") for _ in brokers]
    seen: list[int] = []
    done = False

    def follow() -> None:
        while not done or seen[-1:] != [200]:
            with database.transaction(Context.new(), SYSTEM) as uow:
                seen.extend(position for position, _ in outbox.read_events(uow.session, seen[-1] if seen else 0, 7))

    for number in range(0, 200, 4):
        lend(database, ours, *range(number, number + 4))
    reader = eventlet.spawn(follow)
    options = RelayOptions(batch=5, poll=0.01)
    with running(Relay(others[0], brokers[0], options)), running(Relay(others[1], brokers[1], options)):
        eventually(lambda: sum(len(broker.confirmed) for broker in brokers) == 200)
        eventually(lambda: len(positions(database)) == 200)
        done = True
        with eventlet.Timeout(5):
            reader.wait()
    assert seen == list(range(1, 201))
    assert all(broker.confirmed for broker in brokers)
    assert sorted(brokers[0].numbers() + brokers[1].numbers()) == list(range(200))
    for other in others:
        other.close()


def test_a_relay_outlives_its_database(
    library: PrivateDatabase, database: Database, ours: Context, broker: Broker
) -> None:
    with running(Relay(database, broker, _QUICK)):
        lend(database, ours, 1)
        eventually(lambda: broker.numbers() == [1])
        with connected(library.admin_url) as admin:
            admin.exec_driver_sql(
                f"select pg_terminate_backend(pid) from pg_stat_activity where usename = '{library.roles.app}'"
            )
        lend(database, ours, 2)
        eventually(lambda: broker.numbers() == [1, 2])


def test_events_of_a_long_transaction_are_found_after_the_sweep(
    library: PrivateDatabase, database: Database, ours: Context, broker: Broker
) -> None:
    relay = Relay(database, broker, _QUICK)
    relay.publish_waiting(10)
    lend(database, ours, 1)
    with connected(library.admin_url) as admin:
        admin.exec_driver_sql("update outbox set created_at = created_at - interval '3 days'")
    with running(relay):
        eventually(lambda: broker.numbers() == [1])


def test_partitions_are_made_ahead_and_rows_of_a_forgotten_day_move_into_theirs(
    library: PrivateDatabase, database: Database, ours: Context
) -> None:
    partitions = "select count(*) from pg_inherits where inhparent = 'outbox'::regclass"
    today = f"outbox_{clock.now():%Y%m%d}"
    with connected(library.admin_url) as admin:
        assert admin.exec_driver_sql(partitions).scalar_one() == 9
        admin.exec_driver_sql(f"drop table {today}")
    lend(database, ours, 1, 2)
    with connected(library.admin_url) as admin:
        assert admin.exec_driver_sql("select count(*) from outbox_default").scalar_one() == 2
    housekeeping.tidy(database)
    with connected(library.admin_url) as admin:
        assert admin.exec_driver_sql(partitions).scalar_one() == 9
        assert admin.exec_driver_sql("select count(*) from outbox_default").scalar_one() == 0
        assert admin.exec_driver_sql(f"select count(*) from {today}").scalar_one() == 2


def test_old_marks_and_answers_are_forgotten(library: PrivateDatabase, database: Database) -> None:
    with connected(library.admin_url) as admin:
        for table, columns in (
            ("inbox", "(event_id, handler, received_at)"),
            (
                "idempotency",
                "(tenant_id, caller, route, key, fingerprint, response, created_at)",
            ),
        ):
            values = "gen_random_uuid(), 'h'" if table == "inbox" else "gen_random_uuid(), 'c', 'r', 'k', 'f', 'null'"
            admin.execute(
                text(
                    f"insert into {table} {columns} select {values}, now() - n * interval '1 hour'"
                    " from generate_series(1, 100) as n"
                )
            )
    keep = housekeeping.Retention(inbox=timedelta(hours=50.5), answers=timedelta(hours=24.5))
    housekeeping.tidy(database, keep)
    with connected(library.admin_url) as admin:
        assert admin.exec_driver_sql("select count(*) from inbox").scalar_one() == 50
        assert admin.exec_driver_sql("select count(*) from idempotency").scalar_one() == 24
