"""Rate limits: the whole quota at once, then evenly; shared by all processes, and never a reason to fail.

S-07: counted for the address that a caller really has.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg2
import pytest
from flask.testing import FlaskClient

from gateway.counters import SharedCounters
from gateway.database import Pool
from gateway.limits import Counters, CountersAwayError, Limiter, OwnCounters, Policy, Tally
from gateway.migrations import migrate
from gateway.refusals import TooManyRequests
from services.common.kit import ids
from tests.gateway.bus import FakeRpc
from tests.gateway.conftest import MakeClient
from tests.gateway.tokens import bearer

TEN = Policy("ten", 10)
LOGIN = {"email": "a", "password": "b"}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_quota_may_be_used_at_once_and_comes_back_evenly() -> None:
    clock = Clock()
    counters = OwnCounters(clock)
    assert [counters.take("a", TEN).fits for _ in range(12)] == [True] * 10 + [False] * 2
    clock.now += 6
    assert [counters.take("a", TEN).fits for _ in range(2)] == [True, False]
    clock.now += 60
    assert [counters.take("a", TEN).fits for _ in range(11)] == [True] * 10 + [False]


def test_callers_do_not_share_a_quota() -> None:
    counters = OwnCounters(Clock())
    for _ in range(10):
        counters.take("a", TEN)
    assert not counters.take("a", TEN).fits
    assert counters.take("b", TEN).fits


def test_the_process_forgets_callers_whose_quota_is_whole() -> None:
    clock = Clock()
    counters = OwnCounters(clock, most=10)
    for number in range(10):
        counters.take(str(number), TEN)
    clock.now += 60
    for number in range(10, 14):
        counters.take(str(number), TEN)
    assert set(counters._whole_at) == {"10", "11", "12", "13"}


def test_the_headers_count_down(make_client: MakeClient) -> None:
    client = make_client(RATE_LIMIT_PER_MINUTE="3")
    answers = [client.get("/api/v1/tenant", headers=bearer()) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    first, last = answers[0], answers[-1]
    assert first.headers["RateLimit-Policy"] == '"caller";q=3;w=60'
    assert first.headers["RateLimit"] == '"caller";r=2;t=20'
    assert (first.headers["RateLimit-Limit"], first.headers["RateLimit-Reset"]) == ("3", "20")
    assert 1 <= int(last.headers["Retry-After"]) <= 20
    body = last.get_json()
    assert (body["code"], body["type"]) == (
        "gateway.rate_limited",
        "https://iana.org/assignments/http-problem-types#quota-exceeded",
    )
    assert (body["violated-policies"], body["errors"]) == (["caller"], {})


def test_users_are_counted_apart_and_apart_from_their_address(make_client: MakeClient) -> None:
    client = make_client(RATE_LIMIT_PER_MINUTE="1")
    other = bearer(sub=ids.new_id())
    statuses = [client.get("/api/v1/tenant", headers=headers).status_code for headers in (bearer(), bearer(), other)]
    assert statuses == [200, 429, 200]
    assert client.get("/api/version").status_code == 200


def test_bad_tokens_are_counted_by_address(make_client: MakeClient) -> None:
    client = make_client(RATE_LIMIT_PER_MINUTE="2")
    headers = {"Authorization": "Bearer a.b.c"}
    assert [client.get("/api/v1/tenant", headers=headers).status_code for _ in range(3)] == [401, 401, 429]


def test_credentials_have_a_limit_of_their_own(make_client: MakeClient, rpc: FakeRpc) -> None:
    client = make_client(CREDENTIAL_RATE_LIMIT_PER_MINUTE="2", RATE_LIMIT_PER_MINUTE="100")
    answers = [client.post("/api/v1/auth/login", json=LOGIN) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["RateLimit-Policy"] == '"credentials";q=2;w=60'
    assert client.post("/api/v1/auth/refresh", json={"refreshToken": "x"}).status_code == 200
    assert len(rpc.commands) == 3


@pytest.mark.parametrize(
    "path",
    [
        "register",
        "login",
        "verify-email",
        "forgot-password",
        "reset-password",
        "accept-invitation",
        "telegram",
        "mfa/verify",
        "mfa/totp",
        "mfa/totp/confirm",
    ],
)
def test_wherever_something_could_be_guessed_the_limit_is_hard(make_client: MakeClient, path: str) -> None:
    client = make_client(CREDENTIAL_RATE_LIMIT_PER_MINUTE="2", RATE_LIMIT_PER_MINUTE="100")
    answers = [client.post(f"/api/v1/auth/{path}", json={"token": "guess"}) for _ in range(3)]
    assert [answer.status_code == 429 for answer in answers] == [False, False, True]
    assert client.post("/api/v1/auth/login", json=LOGIN).status_code == 429


@pytest.mark.parametrize(
    ("proxies", "forwarded", "statuses"),
    [
        ("0", ["1.1.1.1", "2.2.2.2"], [200, 429]),
        ("1", ["1.1.1.1", "2.2.2.2"], [200, 200]),
        ("1", ["9.9.9.9, 1.1.1.1", "8.8.8.8, 1.1.1.1"], [200, 429]),
        ("1", ["2001:db8:0:1::1", "2001:db8:0:1::2"], [200, 429]),
        ("1", ["2001:db8:0:1::1", "2001:db8:0:2::1"], [200, 200]),
        ("1", ["::ffff:1.1.1.1", "1.1.1.1"], [200, 429]),
        ("1", ["rubbish", "rubbish"], [200, 429]),
    ],
)
def test_only_a_trusted_proxy_says_where_a_caller_is(
    make_client: MakeClient, proxies: str, forwarded: list[str], statuses: list[int]
) -> None:
    client = make_client(CREDENTIAL_RATE_LIMIT_PER_MINUTE="1", TRUSTED_PROXIES=proxies)
    answers = [client.post("/api/v1/auth/login", json=LOGIN, headers={"X-Forwarded-For": each}) for each in forwarded]
    assert [answer.status_code for answer in answers] == statuses


class Away:
    """Shared counters that cannot be had."""

    asked = 0

    def take(self, key: str, policy: Policy) -> Tally:  # noqa: ARG002  the interface has them
        self.asked += 1
        raise CountersAwayError("no route to host")


def test_without_the_shared_counters_each_process_counts_for_itself() -> None:
    away: Counters = Away()
    limiter = Limiter(away)
    verdicts = [limiter.take("a", TEN) for _ in range(11)]
    assert [verdict.tally.fits for verdict in verdicts] == [True] * 10 + [False]
    assert isinstance(away, Away)
    assert away.asked == 1
    with pytest.raises(TooManyRequests):
        verdicts[-1].check()


def test_a_database_that_is_away_fails_no_request(make_client: MakeClient) -> None:
    client = make_client(GATEWAY_DATABASE_URL="postgresql://x@127.0.0.1:1/none", RATE_LIMIT_PER_MINUTE="2")
    assert [client.get("/api/version").status_code for _ in range(3)] == [200, 200, 429]


@pytest.fixture
def pool() -> Iterator[Pool]:
    url = os.environ.get("GATEWAY_DATABASE_URL")
    if not url:
        pytest.skip("GATEWAY_DATABASE_URL is not set")
    made = Pool(url, size=8)  # one for each thread of the stampede
    yield made
    made.close()


def test_all_processes_share_the_counters(pool: Pool) -> None:
    key = ids.new_id()
    both = SharedCounters(pool), SharedCounters(pool)
    assert [both[number % 2].take(key, TEN).fits for number in range(12)] == [True] * 10 + [False] * 2
    tally = both[0].take(key, TEN)
    assert not tally.fits
    assert 54 < tally.whole_in <= 60


def test_a_stampede_gets_its_quota_and_no_more(pool: Pool) -> None:
    key, counters, policy = ids.new_id(), SharedCounters(pool), Policy("hundred", 100)
    with ThreadPoolExecutor(8) as threads:
        fits = sum(threads.map(lambda _: counters.take(key, policy).fits, range(300)))
    assert 100 <= fits <= 105


def test_callers_at_rest_are_forgotten(pool: Pool) -> None:
    key, counters = ids.new_id(), SharedCounters(pool)
    counters.take(key, Policy("quick", 1_000_000, window=1))
    counters._forget_at = 0.0
    counters.take(ids.new_id(), TEN)
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM rate_counters WHERE key = %s", (key,))
        assert cursor.fetchone() == (0,)


def test_a_broken_connection_is_replaced(pool: Pool) -> None:
    counters, key = SharedCounters(pool), ids.new_id()
    with pytest.raises(psycopg2.Error), pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert counters.take(key, TEN).fits


def test_taking_is_planned_once_on_each_connection(pool: Pool) -> None:
    counters = SharedCounters(pool)
    for _ in range(10):
        counters.take(ids.new_id(), TEN)
    with pool.connection() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT name, custom_plans + generic_plans, generic_plans > 0 FROM pg_prepared_statements")
        assert cursor.fetchall() == [("take", 10, True)]


def test_a_connection_that_can_not_be_prepared_is_not_lent(pool: Pool) -> None:
    pool.prepare("PREPARE broken AS SELECT nothing FROM nowhere")
    with pytest.raises(psycopg2.Error), pool.connection():
        pytest.fail("it was lent")
    assert pool._slots.qsize() == 8


def test_the_pool_lends_no_more_than_it_has() -> None:
    pool = Pool("postgresql://x@127.0.0.1:1/none", size=1)
    with pytest.raises(psycopg2.OperationalError), pool.connection():
        pass
    assert pool._slots.qsize() == 1
    assert not pool.answers()


def test_the_migration_may_run_again() -> None:
    url = os.environ.get("GATEWAY_MIGRATION_DATABASE_URL")
    if not url:
        pytest.skip("GATEWAY_MIGRATION_DATABASE_URL is not set")
    migrate(url)
    migrate(url)


def test_the_whole_gateway_counts_in_its_database(make_client: MakeClient, pool: Pool) -> None:
    settings: dict[str, Any] = {"GATEWAY_DATABASE_URL": pool.url, "RATE_LIMIT_PER_MINUTE": "2"}
    one: FlaskClient
    one, other = make_client(**settings), make_client(**settings)
    headers = bearer(sub=ids.new_id())
    statuses = [client.get("/api/v1/tenant", headers=headers).status_code for client in (one, other, one, other)]
    assert statuses == [200, 200, 429, 429]
