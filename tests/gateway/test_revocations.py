"""S-09: what was taken back is refused at once, without asking anybody on the way."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from gateway.listener import Listener
from gateway.revocations import Revocations
from services.common.contracts.auth import (
    AccessChangedV1,
    KeyRevokedV1,
    ListRevocations,
    Revocation,
    RevocationKind,
    SessionRevokedV1,
)
from services.common.contracts.base import Envelope, Event
from services.common.contracts.errors import Unavailable
from services.common.contracts.tenants import ListSuspendedTenants, Tenant, TenantResumedV1, TenantSuspendedV1
from services.common.kit import ids
from services.common.kit.publisher import ConfirmedPublisher, Outgoing
from tests.contracts.catalogue import sample
from tests.gateway.bus import FakeRpc
from tests.gateway.conftest import MakeClient
from tests.gateway.test_api_keys import KEY_ID, speaks_for
from tests.gateway.tokens import SESSION, TENANT, USER, bearer

ME = "/api/v1/auth/me"
OTHER = "01936f2e-0000-7000-8000-0000000000ff"


def enveloped(event: Event) -> bytes:
    return Envelope(
        id=ids.new_id(),
        type=event.TYPE,
        occurred_at="2026-01-01T00:00:00Z",
        tenant_id=None,
        source=event.SOURCE,
        correlation_id=None,
        causation_id=None,
        data=event.to_wire(),
    ).to_bytes()


def of_tenant(event: type[Event], tenant_id: str = TENANT) -> Event:
    told = sample(Tenant).to_wire() | {"id": tenant_id}
    return event.from_wire({"tenant": told})


@pytest.fixture
def listener(rpc: FakeRpc, revocations: Revocations) -> Listener:
    return Listener("amqp://nobody@127.0.0.1:1/none", rpc, revocations)


def test_an_ended_session_is_refused_and_others_go_on(client: FlaskClient, listener: Listener, rpc: FakeRpc) -> None:
    assert client.get(ME, headers=bearer()).status_code == 200
    listener.take(enveloped(SessionRevokedV1(session_id=SESSION, user_id=USER)))
    rpc.asked.clear()
    refused = client.get(ME, headers=bearer())
    assert (refused.status_code, refused.get_json()["code"]) == (401, "gateway.unauthenticated")
    assert rpc.asked == []
    assert client.get(ME, headers=bearer(sid=OTHER)).status_code == 200


def test_a_changed_user_needs_a_newer_token(client: FlaskClient, listener: Listener) -> None:
    for version in (3, 2):
        listener.take(enveloped(AccessChangedV1(user_id=USER, version=version)))
    tokens = [bearer(), bearer(ver=2), bearer(ver=3), bearer(sub=OTHER)]
    assert [client.get(ME, headers=headers).status_code for headers in tokens] == [401, 401, 200, 200]


def test_a_revoked_key_is_refused_although_it_is_remembered(
    client: FlaskClient, listener: Listener, rpc: FakeRpc
) -> None:
    headers = speaks_for(rpc, "messages:read")
    assert client.get("/api/v1/messages", headers=headers).status_code == 200
    listener.take(enveloped(KeyRevokedV1(api_key_id=KEY_ID)))
    assert client.get("/api/v1/messages", headers=headers).status_code == 401


def test_a_suspended_tenant_is_told_so_until_it_is_resumed(
    client: FlaskClient, listener: Listener, rpc: FakeRpc
) -> None:
    listener.take(enveloped(of_tenant(TenantSuspendedV1)))
    for headers in (bearer(), speaks_for(rpc, "messages:read")):
        refused = client.get("/api/v1/messages", headers=headers)
        assert (refused.status_code, refused.get_json()["code"]) == (403, "auth.tenant_suspended")
    assert client.get(ME, headers=bearer(tid=OTHER)).status_code == 200
    listener.take(enveloped(of_tenant(TenantResumedV1)))
    assert client.get(ME, headers=bearer()).status_code == 200


def test_who_is_refused_is_still_counted(make_client: MakeClient, listener: Listener) -> None:
    client = make_client(RATE_LIMIT_PER_MINUTE="2")
    listener.take(enveloped(of_tenant(TenantSuspendedV1)))
    assert [client.get(ME, headers=bearer()).status_code for _ in range(3)] == [403, 403, 429]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", enveloped(SessionRevokedV1(session_id="x", user_id="y"))[:-9]])
def test_an_event_that_cannot_be_read_does_no_harm(listener: Listener, body: bytes) -> None:
    listener.take(body)


def revocation(kind: RevocationKind, subject: str, version: int | None = None) -> dict[str, Any]:
    return Revocation(kind=kind, id=subject, version=version, expires_at=None).to_wire()


def test_the_lists_are_loaded_and_take_the_place_of_what_was_heard(
    client: FlaskClient, listener: Listener, rpc: FakeRpc
) -> None:
    listed = [revocation(RevocationKind.SESSION, SESSION), revocation(RevocationKind.USER, OTHER, 2)]
    rpc.answers["auth.list_revocations"] = lambda _request: {"revocations": listed}
    rpc.answers["tenants.list_suspended_tenants"] = lambda _request: {"tenantIds": []}
    listener.refresh()
    assert client.get(ME, headers=bearer()).status_code == 401
    assert client.get(ME, headers=bearer(sub=OTHER, sid=OTHER)).status_code == 401
    listed.clear()
    listener._due = dict.fromkeys(listener._due, 0.0)
    listener.refresh()
    assert client.get(ME, headers=bearer()).status_code == 200


def test_a_fresh_list_is_not_asked_for_again(listener: Listener, rpc: FakeRpc) -> None:
    rpc.answers["auth.list_revocations"] = lambda _request: {"revocations": []}
    rpc.refuse("tenants.list_suspended_tenants", Unavailable())
    for _ in range(3):
        listener.refresh()
    assert (rpc.how_often(ListRevocations), rpc.how_often(ListSuspendedTenants)) == (1, 1)


def test_the_owner_of_tenants_knows_better_than_a_copy(
    client: FlaskClient, listener: Listener, rpc: FakeRpc, revocations: Revocations
) -> None:
    listed = [revocation(RevocationKind.TENANT, TENANT)]
    rpc.answers["auth.list_revocations"] = lambda _request: {"revocations": listed}
    rpc.refuse("tenants.list_suspended_tenants", Unavailable())
    listener.refresh()
    assert client.get(ME, headers=bearer()).status_code == 403
    revocations.load_suspended([])
    listener._due = dict.fromkeys(listener._due, 0.0)
    listener.refresh()
    assert client.get(ME, headers=bearer()).status_code == 200


def test_nobody_is_let_in_before_we_know_whom_to_refuse(
    make_client: MakeClient, revocations: Revocations, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = make_client()
    revocations._loaded.clear()
    monkeypatch.setattr("gateway.revocations._PATIENCE_SECONDS", 0.01)
    response = client.get(ME, headers=bearer())
    assert (response.status_code, response.get_json()["code"]) == (503, "gateway.not_ready")
    assert client.get("/ready").status_code == 503
    assert client.get("/api/version").status_code == 200


@pytest.fixture
def broker() -> Iterator[ConfirmedPublisher]:
    url = os.environ.get("AMQP_URL")
    if not url:
        pytest.skip("AMQP_URL is not set")
    publisher = ConfirmedPublisher(url)
    yield publisher
    publisher.close()


def test_over_a_real_broker_it_takes_a_moment(broker: ConfirmedPublisher, rpc: FakeRpc) -> None:
    rpc.answers["auth.list_revocations"] = lambda _request: {"revocations": []}
    rpc.answers["tenants.list_suspended_tenants"] = lambda _request: {"tenantIds": []}
    processes = [Revocations(), Revocations()]
    listeners = [Listener(os.environ["AMQP_URL"], rpc, each) for each in processes]
    for each in listeners:
        each.open()
    try:
        await_that(lambda: rpc.how_often(ListSuspendedTenants) == 2)
        assert_heard(broker, processes)
        for each in listeners:
            each._link.drop()  # as when the broker goes away; a new queue and new lists follow
        await_that(lambda: rpc.how_often(ListSuspendedTenants) == 4)
        assert_heard(broker, processes)
    finally:
        for each in listeners:
            each.close()


def assert_heard(broker: ConfirmedPublisher, processes: list[Revocations]) -> None:
    """Each process refuses a session as soon as it is told."""
    event = SessionRevokedV1(session_id=ids.new_id(), user_id=USER)
    broker.publish(Outgoing("auth.events", event.TYPE, enveloped(event)))
    await_that(lambda: all(event.session_id in each._refused.sessions for each in processes))


def await_that(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)
