"""The demo data: what a newcomer finds after `make seed`, however often and with whatever luck it ran."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy.local import demo_inbox
from deploy.local.client import Client
from deploy.local.console import LocalError
from deploy.local.demo import ORDER
from deploy.local.demo_tenants import DemoTenant, demo_tenants, open_tenant
from deploy.local.seed import furnish
from deploy.local.waiting import wait_for
from tests.e2e.business import new_digits, new_email
from tests.e2e.mailbox import Mailbox
from tests.e2e.patience import eventually
from tests.simulators.graph_api.control import ControlClient
from tests.simulators.graph_api.demo import TEMPLATES


class Demo:
    """The first demo tenant in every respect but for what must be unique, so that nobody else writes to it."""

    def __init__(self, settings: dict[str, str], simulator: ControlClient) -> None:
        self.settings = settings
        model, suffix = demo_tenants(settings)[0], new_digits(9)
        self.tenant: DemoTenant = replace(
            model,
            name=f"{model.name} {suffix}",
            email=new_email("admin"),
            waba_id=f"66{suffix}",
            access_token=secrets.token_hex(8),
            numbers=tuple(
                (name, f"5{n}{suffix}", f"+1555{new_digits(7)}") for n, (name, *_) in enumerate(model.numbers)
            ),
            agent=(new_email("agent"), "Mara Lindner"),
            stories=tuple(replace(story, phone=f"1650{new_digits(7)}") for story in model.stories),
        )
        simulator.create_business(
            {
                "waba_id": self.tenant.waba_id,
                "name": self.tenant.name,
                "tokens": [self.tenant.access_token],
                "phone_numbers": [
                    {"id": number, "display_phone_number": display} for _, number, display in self.tenant.numbers
                ],
                "templates": TEMPLATES,
            }
        )

    def seed(self) -> Client:
        """What `make seed` does for one tenant."""
        owner = open_tenant(self.tenant, self.settings)
        furnish(self.tenant, owner, self.settings)
        return owner

    def agent(self) -> Client:
        """Signed in."""
        assert self.tenant.agent is not None
        client = Client(self.settings["GATEWAY_URL"])
        signed_in = client.sign_in(self.tenant.agent[0], self.settings["DEMO_PASSWORD"])
        assert signed_in["user"]["role"] == "STAFF"
        return client


@pytest.fixture
def demo(settings: dict[str, str], simulator: ControlClient) -> Demo:
    return Demo(settings, simulator)


def totals(client: Client) -> dict[str, int]:
    nouns = ("conversations", "messages", "templates", "salons", "channels", "users")
    return {noun: client.get(f"/{noun}")["pagination"]["total"] for noun in nouns}


EXPECTED = {"conversations": 5, "messages": 10, "templates": 3, "salons": 1, "channels": 2, "users": 2}


def shown(client: Client) -> list[tuple[Any, ...]]:
    """The messages as people see them."""
    found = client.get("/messages", limit=100)["messages"]
    return [(m["id"], m["direction"], m["type"], m["content"], m["sentAt"] or m["createdAt"]) for m in found]


def test_the_inbox_looks_like_a_morning_and_stays_so(demo: Demo) -> None:
    owner = demo.seed()
    assert totals(owner) == EXPECTED
    conversations = owner.get("/conversations")["conversations"]
    assert {c["contact"]["name"] for c in conversations} == {story.name for story in demo.tenant.stories}
    assert {c["windowStatus"] for c in conversations} == {"ACTIVE", "EXPIRED"}
    assert {c["channelId"] for c in conversations} == {c["id"] for c in owner.get("/channels")["channels"]}
    unanswered = [c for c in conversations if c["messageCount"] == c["unreadCount"]]
    assert [c["contact"]["name"] for c in unanswered] == ["Anna Becker"]

    def sent() -> list[str]:
        found = owner.get("/messages", direction="OUTBOUND")["messages"]
        return [message["status"] for message in found]

    eventually("all answers to arrive", lambda: sorted(sent()) == ["DELIVERED", "DELIVERED", "READ", "READ"])
    before = shown(owner)
    assert shown(demo.seed()) == before
    assert totals(owner) == EXPECTED


def test_the_agent_has_come_in_and_sees_the_same_inbox(demo: Demo) -> None:
    owner, agent = demo.seed(), demo.agent()
    for noun in ("conversations", "messages"):
        assert agent.get(f"/{noun}") == owner.get(f"/{noun}")


def test_the_call_that_the_demo_suggests_is_taken(demo: Demo) -> None:
    number = demo.tenant.numbers[0][1]
    order = {name: number if name == "phoneNumberId" else value for name, value in ORDER.items()}
    assert demo.seed().post("/messages", order)["status"] == "QUEUED"


@pytest.mark.parametrize("parts", range(1, 10))
def test_a_run_that_is_cut_off_is_completed_by_the_next(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, parts: int
) -> None:
    """Cut off between an order and the look at what became of it: the order has been given all the same."""
    with monkeypatch.context() as patched:
        patched.setattr(demo_inbox, "wait_for", _dies_after(parts))
        with pytest.raises(LocalError):
            demo.seed()
    assert totals(demo.seed()) == EXPECTED


def _dies_after(calls: int) -> Callable[..., Any]:
    left = iter(range(calls - 1))

    def wait(what: str, look: Callable[[], Any]) -> Any:
        if next(left, None) is None:
            raise LocalError("cut off")
        return wait_for(what, look)

    return wait


def test_an_invitation_that_was_not_answered_is_used_or_sent_anew(
    demo: Demo, mailbox: Mailbox, settings: dict[str, str]
) -> None:
    assert demo.tenant.agent is not None
    address, name = demo.tenant.agent
    owner = open_tenant(demo.tenant, settings)
    invited = owner.post("/users", {"email": address, "role": "STAFF", "name": name})
    mailbox.await_letter(address, "You are invited")
    owner.post(f"/users/{invited['id']}/resend-invitation", {})
    mailbox.await_letter(address, "You are invited", 2)
    demo.seed()
    assert demo.agent().get("/auth/me")["user"]["id"] == invited["id"]
    assert len(mailbox.letters_to(address, "You are invited")) == 2


def test_an_invitation_that_is_over_is_sent_anew(demo: Demo, mailbox: Mailbox, settings: dict[str, str]) -> None:
    assert demo.tenant.agent is not None
    address, name = demo.tenant.agent
    owner = open_tenant(demo.tenant, settings)
    invited = owner.post("/users", {"email": address, "role": "STAFF", "name": name})
    over = mailbox.await_letter(address, "You are invited").token
    owner.post(f"/users/{invited['id']}/resend-invitation", {})
    good = mailbox.await_letter(address, "You are invited", 2).token
    assert good != over
    (lost,) = [path for path in Path(settings["MAILBOX_DIR"]).glob("*.eml") if good.encode() in path.read_bytes()]
    lost.unlink()
    demo.seed()
    assert demo.agent().get("/auth/me")["user"]["id"] == invited["id"]
