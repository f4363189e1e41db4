"""From a request over the broker to a mail in somebody's mailbox, and back with its token."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from services.common.contracts.api_keys import hash_of
from services.common.contracts.auth import (
    AcceptInvitation,
    CreateApiKey,
    FindApiKey,
    ForgotPassword,
    InviteUser,
    ListApiKeys,
    ListAuditLog,
    ListUsers,
    Login,
    ResetPassword,
    Role,
    SignedIn,
    VerifyEmail,
)
from services.common.kit import ids
from services.common.kit.rpc import RpcClient
from tests.component.auth.test_accounts import anybody, register, speaking
from tests.component.kit.running import Running
from tests.component.services import eventually
from tests.integration.auth.people import PASSWORD, new_email
from tests.simulators.smtp_sink import FaultKind
from tests.simulators.smtp_sink.server import RunningSink

Start = Callable[[str], Running]


@pytest.fixture
def owner(start: Start, client: RpcClient, tenants: object, sink: RunningSink) -> SignedIn:
    start("rpc")
    start("events")
    sink.sink.reset()
    return register(client)


def token_for(sink: RunningSink, address: str, subject: str) -> str:
    """Of the mail, as soon as it is there."""

    def texts() -> list[str]:
        found = [received for received in sink.sink.messages if received.recipients == [address]]
        bodies = [received.message.get_body(("plain",)) for received in found if subject in received.message["Subject"]]
        return [body.get_content() for body in bodies if body is not None]

    eventually(texts, limit=20)
    (token,) = re.findall(r"#token=([\w-]+)", texts()[-1])
    return str(token)


def test_a_new_owner_proves_the_address(owner: SignedIn, client: RpcClient, sink: RunningSink) -> None:
    token = token_for(sink, str(owner.user.email), "confirm")
    client.call(VerifyEmail(token=token), anybody())


def test_a_mail_server_that_refuses_for_a_while_loses_nothing(
    owner: SignedIn, client: RpcClient, sink: RunningSink
) -> None:
    token_for(sink, str(owner.user.email), "confirm")
    sink.sink.fail(FaultKind.BUSY)
    client.call(ForgotPassword(email=str(owner.user.email)), anybody())
    token = token_for(sink, str(owner.user.email), "Set a new password")
    client.call(ResetPassword(token=token, new_password="Better-battery-8"), anybody())
    assert client.call(Login(email=str(owner.user.email), password="Better-battery-8"), anybody()).token


def test_an_invited_colleague_and_a_key(owner: SignedIn, client: RpcClient, sink: RunningSink) -> None:
    email = new_email()
    asking = speaking(owner).child(caller=owner.user.id, idempotency_key=ids.new_id())
    first, again = (client.call(InviteUser(email=email, role=Role.STAFF), asking) for _ in range(2))
    assert first == again
    token = token_for(sink, email, "invited")
    assert client.call(AcceptInvitation(token=token, password=PASSWORD, name="Ann"), anybody()).token
    assert client.call(ListUsers(), speaking(owner)).pagination.total == 2
    asking = asking.child(idempotency_key=ids.new_id())
    made, repeated = (client.call(CreateApiKey(name="Till", scopes=["messages:read"]), asking) for _ in range(2))
    assert made == repeated
    assert client.call(ListApiKeys(), speaking(owner)).pagination.total == 1
    assert client.call(FindApiKey(key_hash=hash_of(made.key)), anybody()).tenant_id == owner.user.tenant_id
    actions = {entry.action for entry in client.call(ListAuditLog(), speaking(owner)).entries}
    assert {"user.registered", "user.invited", "user.invitation_accepted", "api_key.created"} <= actions
