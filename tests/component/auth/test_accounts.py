"""From registration to logging out, over the broker."""

from __future__ import annotations

import time
from collections.abc import Callable

import eventlet
import jwt
import pytest
import sqlalchemy as sa
from nameko.containers import ServiceContainer

from services.common.contracts.auth import (
    BadCredentials,
    BadRefreshToken,
    GetJwks,
    GetMe,
    Login,
    LoginAnswer,
    Logout,
    Refresh,
    Register,
    SignedIn,
)
from services.common.contracts.base import Envelope
from services.common.contracts.codec import instant_to_wire
from services.common.contracts.errors import Invalid, ServiceError, Unavailable
from services.common.contracts.tenants import CreateTenant, TenantCreatedV1
from services.common.kit import clock, ids
from services.common.kit.context import Context
from services.common.kit.publisher import ConfirmedPublisher, Outgoing
from services.common.kit.rpc import RpcClient
from tests.component.kit.running import Running
from tests.component.services import eventually
from tests.integration.auth.people import PASSWORD, new_email
from tests.integration.auth.tenants_stand_in import tenant_of
from tests.integration.databases import PrivateDatabase, connected

Start = Callable[[str], Running]


def anybody(**known: str) -> Context:
    return Context.new(address=f"2001:db8:{ids.new_id()[-4:]}:{ids.new_id()[-4:]}::1", **known)


def speaking(signed_in: SignedIn | LoginAnswer) -> Context:
    """The context that the gateway makes of the access token."""
    claims = jwt.decode(str(signed_in.token), options={"verify_signature": False})
    return anybody(user_id=claims["sub"], tenant_id=claims["tid"], role=claims["rol"])


def register(client: RpcClient) -> SignedIn:
    request = Register(email=new_email(), password=PASSWORD, name="Rosa Meyer", tenant_name="Salon Rosa")
    return client.call(request, anybody())


@pytest.mark.usefixtures("tenants")
def test_an_account_from_its_first_to_its_last_call(start: Start, client: RpcClient) -> None:
    start("rpc")
    owner = register(client)
    me = client.call(GetMe(), speaking(owner))
    assert (me.user, me.tenant) == (owner.user, owner.tenant)
    email = owner.user.email or ""
    signed_in = client.call(Login(email=email, password=PASSWORD), anybody())
    pair = client.call(Refresh(refresh_token=str(signed_in.refresh_token)), anybody())
    leaving = speaking(signed_in).child(idempotency_key=ids.new_id())
    for _ in range(2):
        client.call(Logout(refresh_token=pair.refresh_token), leaving)
    with pytest.raises(BadRefreshToken):
        client.call(Refresh(refresh_token=pair.refresh_token), anybody())
    with pytest.raises(BadCredentials):
        client.call(Login(email=email, password="Wrong-horse-7"), anybody())
    with pytest.raises(Invalid) as caught:
        client.call(Register(email=new_email(), password="Password1!", name="Rosa"), anybody())
    assert set(caught.value.details) == {"password"}


def test_tokens_are_checked_with_the_published_keys(start: Start, client: RpcClient, tenants: ServiceContainer) -> None:
    start("rpc")
    token = register(client).token
    keys = jwt.PyJWKSet(client.call(GetJwks(), anybody()).keys)
    key = keys[jwt.get_unverified_header(token)["kid"]]
    assert jwt.decode(token, key, ["ES256"], audience="frontdesk-api", issuer="frontdesk")["rol"] == "OWNER"


def test_registration_waits_for_tenants_without_losing_anything(start: Start, client: RpcClient) -> None:
    start("rpc")
    request = Register(email=new_email(), password=PASSWORD, name="Rosa Meyer")
    started = time.monotonic()
    with pytest.raises(Unavailable):
        client.call(request, anybody())
    assert time.monotonic() - started < 5


def test_a_stolen_token_stays_revoked_after_the_refusal(
    start: Start, client: RpcClient, tenants: ServiceContainer, auth_database: PrivateDatabase
) -> None:
    start("rpc")
    owner = register(client)
    pair = client.call(Refresh(refresh_token=owner.refresh_token), anybody())
    with connected(auth_database.admin_url) as admin:
        admin.execute(sa.text("update refresh_tokens set used_at = used_at - interval '11 seconds'"))
    for token in owner.refresh_token, pair.refresh_token:
        with pytest.raises(BadRefreshToken):
            client.call(Refresh(refresh_token=token), anybody())


def test_a_storm_of_logins_keeps_no_other_call_waiting(
    start: Start, client: RpcClient, tenants: ServiceContainer
) -> None:
    """S-03."""
    start("rpc")
    owner = register(client)

    def log_in(number: int) -> bool:
        password = PASSWORD if number % 2 else "Wrong-horse-7"
        try:
            client.call(Login(email=new_email() if number % 2 else str(owner.user.email), password=password), anybody())
        except ServiceError:
            return False
        return True

    storm = eventlet.GreenPool(20)
    list(storm.imap(lambda _: client.call(GetMe(), speaking(owner)), range(20)))  # opens connections to the database
    for number in range(20):
        storm.spawn(log_in, number)
    eventlet.sleep(0.05)
    waits: list[float] = []
    while storm.running():
        started = time.monotonic()
        client.call(GetMe(), speaking(owner))
        waits.append(time.monotonic() - started)
    # Hashing on the hub would let through a handful of calls at most. The aim is 250 ms; a busy machine may take five
    # times that.
    assert len(waits) > 20
    assert max(waits) < 1.25


def test_the_copy_of_a_tenant_comes_with_its_event(
    start: Start, publisher: ConfirmedPublisher, auth_database: PrivateDatabase
) -> None:
    start("events")
    tenant = tenant_of(CreateTenant(id=ids.new_id(), name="Salon Rosa"))
    envelope = Envelope(
        id=ids.new_id(),
        type=TenantCreatedV1.TYPE,
        occurred_at=instant_to_wire(clock.now()),
        tenant_id=tenant.id,
        source=TenantCreatedV1.SOURCE,
        correlation_id=None,
        causation_id=None,
        data=TenantCreatedV1(tenant=tenant).to_wire(),
    )
    headers = Context.new(tenant_id=tenant.id).to_headers()
    event = Outgoing("tenants.events", TenantCreatedV1.TYPE, envelope.to_bytes(), headers, envelope.id)
    publisher.publish(event)

    def stored() -> bool:
        asked = sa.text("select name from tenants where tenant_id = :id")
        with connected(auth_database.admin_url) as admin:
            return admin.execute(asked, {"id": tenant.id}).scalar_one_or_none() == "Salon Rosa"

    eventually(stored)
