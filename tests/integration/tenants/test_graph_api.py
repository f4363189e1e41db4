"""The way to the Graph API, against its stand-in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from services.common.contracts.tenants import (
    ChannelStatus,
    ChannelType,
    ConnectChannel,
    CredentialsRefused,
    GetChannelStatus,
    ProviderAway,
    UpdateChannel,
)
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.settings import Secret
from services.common.kit.uow import TENANT
from services.tenants.adapters.graph_api import GraphApi
from services.tenants.adapters.http import Answer, Json, JsonClient
from services.tenants.adapters.provider import Providers
from services.tenants.commands import check_channel, connect_channel, update_channel
from services.tenants.domain.identities import Identity
from tests.integration.tenants.desk import Desk
from tests.simulators.graph_api.faults import FaultKind
from tests.simulators.graph_api.launcher import RunningGraphApi, running_graph_api

NUMBER, WABA, TOKEN = "106540352242922", "102290129340398", "token-of-rosa"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningGraphApi]:
    with running_graph_api(demo=False) as graph:
        yield graph


@pytest.fixture
def world(running: RunningGraphApi) -> RunningGraphApi:
    """One business with one number, and a token that may do everything."""
    running.control.reset()
    number = {"id": NUMBER, "display_phone_number": "+1 555-078-3881"}
    running.control.create_business(
        {
            "waba_id": WABA,
            "name": "Rosa",
            "phone_numbers": [number],
            "tokens": [TOKEN, "next-token"],
            "subscribed": False,
        }
    )
    return running


def graph_of(world: RunningGraphApi) -> GraphApi:
    return GraphApi(world.base_url, "v26.0", JsonClient((1.0, 1.0)))


def identity(token: str = TOKEN, number: str = NUMBER) -> Identity:
    return Identity("019a0000", ChannelType.WHATSAPP_CLOUD, number, WABA, None, Secret(token))


def test_a_number_is_known_by_a_good_token(world: RunningGraphApi) -> None:
    facts = graph_of(world).verify(identity())
    assert (facts.display_phone_number, facts.provider_status, facts.throughput) == (
        "+1 555-078-3881",
        "CONNECTED",
        "STANDARD",
    )
    assert facts.quality


def test_the_account_brings_what_comes_in_once_it_is_registered(world: RunningGraphApi) -> None:
    graph = graph_of(world)
    assert not graph.delivery(identity()).is_registered
    graph.register(identity())
    assert graph.delivery(identity()).is_registered
    graph.unregister(identity())
    assert graph.delivery(identity()).is_registered


@pytest.mark.parametrize(("token", "number"), [("nobody's", NUMBER), (TOKEN, "999")])
def test_what_meta_refuses_is_refused_in_its_words(world: RunningGraphApi, token: str, number: str) -> None:
    with pytest.raises(CredentialsRefused) as caught:
        graph_of(world).verify(identity(token, number))
    assert caught.value.details["providerCode"].isdecimal()
    assert token not in str(caught.value.to_wire())


def test_a_revoked_token_and_a_missing_permission_are_refused(world: RunningGraphApi) -> None:
    world.control.set_token(TOKEN, permissions=["whatsapp_business_messaging"])
    with pytest.raises(CredentialsRefused):
        graph_of(world).register(identity())
    world.control.set_token(TOKEN, "revoked")
    with pytest.raises(CredentialsRefused) as caught:
        graph_of(world).verify(identity())
    assert caught.value.details == {"providerCode": "190"}


def test_a_number_that_is_not_connected_is_refused(world: RunningGraphApi) -> None:
    world.control.change_phone_number(NUMBER, status="BANNED")
    with pytest.raises(CredentialsRefused, match="BANNED"):
        graph_of(world).verify(identity())


@pytest.mark.parametrize("fault", [FaultKind.SERVER_ERROR, FaultKind.CUT_BEFORE_ACCEPT, FaultKind.HANG])
def test_a_broken_provider_is_away(world: RunningGraphApi, fault: FaultKind) -> None:
    world.control.add_fault(fault, endpoint="phone_number", times=None, seconds=5)
    with pytest.raises(ProviderAway) as caught:
        graph_of(world).verify(identity())
    assert not re.search(r"https?:", caught.value.message)


def test_nobody_there_is_away() -> None:
    with pytest.raises(ProviderAway):
        GraphApi("http://127.0.0.1:1", "v26.0", JsonClient((0.5, 0.5))).verify(identity())


def test_a_channel_is_connected_rotated_and_looked_at(world: RunningGraphApi, desk: Desk, ours: Context) -> None:
    providers = Providers({ChannelType.WHATSAPP_CLOUD: graph_of(world)})
    begin = Begin(desk.database, ours, TENANT)
    channel = desk.channel(ours, phone_number_id=NUMBER, business_account_id=WABA, access_token=TOKEN)
    made = connect_channel.run(ConnectChannel(channel_id=channel.id), begin, providers, desk.keys)
    assert (made.status, made.display_phone_number) == (ChannelStatus.CONNECTED, "+1 555-078-3881")
    wrong = UpdateChannel(channel_id=channel.id, access_token="not-a-token-of-meta")
    with pytest.raises(CredentialsRefused):
        update_channel.run(wrong, begin, providers, desk.keys)
    update_channel.run(UpdateChannel(channel_id=channel.id, access_token="next-token"), begin, providers, desk.keys)
    world.control.set_token(TOKEN, "revoked")
    health = check_channel.run(GetChannelStatus(channel_id=channel.id), begin, providers, desk.keys)
    assert (health.reachable, health.provider_status, health.webhook_registered, health.problem) == (
        True,
        "CONNECTED",
        True,
        None,
    )


@pytest.mark.parametrize(
    "answer",
    [Answer(200, {}), Answer(200, {"id": "another"}), Answer(302, {}), Answer(401, {}), Answer(400, {"error": "no"})],
    ids=str,
)
def test_nonsense_is_neither_a_yes_nor_a_no(answer: Answer) -> None:
    with pytest.raises(ProviderAway):
        GraphApi("http://graph.example", "v26.0", Parrot(answer)).verify(identity())
    with pytest.raises(ProviderAway):
        GraphApi("http://graph.example", "v26.0", Parrot(answer)).register(identity())


def test_words_that_repeat_the_token_are_told_without_it() -> None:
    error = {"code": 190, "message": f"Malformed access token {TOKEN} (try again)"}
    with pytest.raises(CredentialsRefused) as caught:
        GraphApi("http://graph.example", "v26.0", Parrot(Answer(401, {"error": error}))).verify(identity())
    assert caught.value.message == "Malformed access token … (try again)"


def test_an_id_is_one_part_of_an_address() -> None:
    parrot = Parrot(Answer(200, {"id": "1/../me?x=#"}))
    GraphApi("http://graph.example", "v26.0", parrot).verify(identity(number="1/../me?x=#"))
    assert parrot.called[0].startswith("http://graph.example/v26.0/1%2F..%2Fme%3Fx%3D%23?fields=")


class Parrot(JsonClient):
    """Answers the same to everything."""

    def __init__(self, answer: Answer) -> None:
        super().__init__((0.1, 0.1))
        self._answer = answer
        self.called: list[str] = []

    def call(self, method: str, url: str, body: Json | None = None, headers: dict[str, str] | None = None) -> Answer:  # noqa: ARG002  the interface has them
        self.called.append(url)
        return self._answer
