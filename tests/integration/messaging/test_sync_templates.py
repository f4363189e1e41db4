"""Templates: taken over from the provider's list, kept right by its news, and found again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import eventlet
import pytest

from services.common.contracts.audit import ActorType
from services.common.contracts.base import Envelope
from services.common.contracts.errors import Invalid
from services.common.contracts.messaging import (
    AccountMissing,
    AuditRecordedV1,
    GetTemplate,
    ListTemplates,
    ProviderAway,
    ProviderRefused,
    SyncTemplates,
    Template,
    TemplateCategory,
    TemplateStatus,
    TemplateSync,
    TemplateUnknown,
)
from services.common.contracts.tenants import ChannelType
from services.common.kit import clock
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.ids import new_id
from services.common.kit.patience import Places
from services.common.kit.uow import TENANT
from services.messaging import queries
from services.messaging.adapters.graph_api import GraphApi
from services.messaging.adapters.graph_templates import GraphTemplates
from services.messaging.commands import sync_templates
from services.messaging.commands.sync_templates import Catalogue
from tests.integration.messaging.post import KEYS, TOKEN, sealed
from tests.integration.messaging.webhooks import Front, body_of
from tests.simulators.graph_api.faults import FaultKind
from tests.simulators.graph_api.launcher import RunningGraphApi, running_graph_api


@pytest.fixture(scope="module")
def graph() -> Iterator[RunningGraphApi]:
    with running_graph_api(demo=False) as started:
        yield started


@pytest.fixture(autouse=True)
def world(graph: RunningGraphApi) -> None:
    """A new one, without anybody in it."""
    graph.control.reset()


def template(name: str, text: str = "Welcome.", **more: Any) -> dict[str, Any]:
    body = {"type": "BODY", "text": text}
    return {"name": name, "language": "en_US", "category": "UTILITY", "components": [body], **more}


class Desk:
    """A tenant that is connected to an account of its own."""

    def __init__(self, front: Front, graph: RunningGraphApi) -> None:
        self.front, self.graph = front, graph
        self.tenant, self.account, self.user = new_id(), new_id(), new_id()
        self.connect(self.account)

    def connect(self, account: str, *, version: int = 1, channel_id: str | None = None, **more: Any) -> str:
        channel = channel_id or new_id()
        credentials = sealed(self.tenant, channel)
        return self.front.connect(
            self.tenant, new_id(), account, channel_id=channel, credentials=credentials, version=version, **more
        )

    def publish(self, *templates: dict[str, Any], account: str | None = None, token: str = TOKEN) -> None:
        """What the account has at the provider from now on."""
        self.graph.control.create_business(
            {
                "waba_id": account or self.account,
                "name": "Rosa",
                "tokens": [token],
                "phone_numbers": [],
                "templates": list(templates),
            }
        )

    def sync(self, during: Callable[[], None] = lambda: None, seconds: float = 5.0) -> TemplateSync:
        source = GraphTemplates(GraphApi(self.graph.base_url, "v26.0", (1.0, 1.0)))

        class Interrupted:
            def list_all(self, *asked: Any) -> Any:
                listed = source.list_all(*asked)
                during()
                return listed

        deadline = clock.epoch() + seconds
        context = Context.new(tenant_id=self.tenant, user_id=self.user, address="2001:db8::1", deadline=deadline)
        begin = Begin(self.front.database, context, TENANT)
        return sync_templates.run(SyncTemplates(), begin, Catalogue(Interrupted(), KEYS, Places()))

    def entries(self) -> list[AuditRecordedV1]:
        """What the audit log is told, oldest first."""
        asked = "select payload from outbox where tenant_id = :tenant order by id"
        envelopes = [Envelope.from_bytes(row[0].encode()) for row in self.front.rows(asked, tenant=self.tenant)]
        return [AuditRecordedV1.from_wire(told.data) for told in envelopes if told.type == AuditRecordedV1.TYPE]

    def find(self, **filters: Any) -> list[Template]:
        with self.front.database.transaction(Context.new(tenant_id=self.tenant), TENANT, read_only=True) as uow:
            return queries.list_templates(ListTemplates.from_wire(filters), uow).templates

    def names(self, **filters: Any) -> list[str]:
        return [found.name for found in self.find(**filters)]

    def only(self) -> Template:
        (found,) = self.find()
        return found

    def tell(self, about: Template, event: str, *, seconds: int = 60, **more: Any) -> None:
        """A webhook, so many seconds from now by the provider's clock."""
        value = {
            "event": event,
            "message_template_id": int(about.external_id),
            "message_template_name": about.name,
            "message_template_language": "en-US",
            **more,
        }
        body = body_of(value, field="message_template_status_update", account=self.account)
        body["entry"][0]["time"] = int(clock.now().timestamp()) + seconds
        self.front.post(body)


@pytest.fixture
def desk(front: Front, graph: RunningGraphApi) -> Desk:
    return Desk(front, graph)


def test_the_list_is_taken_over_as_it_stands(desk: Desk) -> None:
    example = {"body_text": [["Ann"]]}
    body = {"type": "BODY", "text": "Hello {{1}}, see you.", "example": example}
    desk.publish(template("reminder", components=[body]), template("offer", category="MARKETING", language="de"))
    assert desk.sync() == TemplateSync(added=2, updated=0, removed=0, total=2)
    second, first = desk.find()
    assert (first.name, first.language, first.category, first.status) == (
        "reminder",
        "en_US",
        TemplateCategory.UTILITY,
        TemplateStatus.APPROVED,
    )
    assert first.components == [body]
    assert (first.business_account_id, first.parameter_format, first.rejection_reason) == (
        desk.account,
        "POSITIONAL",
        None,
    )
    assert (second.name, second.language, second.category) == ("offer", "de", TemplateCategory.MARKETING)


def test_the_same_list_again_changes_nothing(desk: Desk) -> None:
    desk.publish(template("reminder"))
    desk.sync()
    before = desk.only()
    assert desk.sync() == TemplateSync(added=0, updated=0, removed=0, total=1)
    assert desk.only() == before


def test_a_changed_list_is_followed_and_what_stays_keeps_its_id(desk: Desk) -> None:
    desk.publish(template("reminder"), template("offer"))
    desk.sync()
    before = {found.name: found for found in desk.find()}
    desk.publish(template("welcome"), template("reminder", "Another text."))
    assert desk.sync() == TemplateSync(added=1, updated=1, removed=1, total=2)
    after = {found.name: found for found in desk.find()}
    assert after.keys() == {"reminder", "welcome"}
    assert after["reminder"].id == before["reminder"].id
    assert (after["reminder"].version, after["reminder"].components[0]["text"]) == (2, "Another text.")


def test_the_log_tells_who_took_over_how_many_and_nothing_of_what_stays_as_it_is(desk: Desk) -> None:
    desk.publish(template("reminder"), template("offer"))
    desk.sync()
    desk.sync()
    desk.publish(template("welcome"), template("reminder", "A text of canaries."))
    desk.sync()
    first, second = desk.entries()
    assert (first.before, first.after) == ({"total": 0}, {"total": 2, "added": 2, "updated": 0, "removed": 0})
    assert (second.before, second.after) == ({"total": 2}, {"total": 2, "added": 1, "updated": 1, "removed": 1})
    assert (second.action, second.target_type) == ("templates.synced", "business_account")
    assert (second.actor_type, second.actor_id, second.address) == (ActorType.USER, desk.user, "2001:db8::1")
    assert "canaries" not in str(second.to_wire())
    assert TOKEN not in str(second.to_wire())


def test_one_name_may_have_several_languages(desk: Desk) -> None:
    desk.publish(template("reminder"), template("reminder", language="de"), template("reminder", language="ru"))
    desk.sync()
    assert sorted(found.language for found in desk.find(name="reminder")) == ["de", "en_US", "ru"]


def test_a_long_list_is_read_to_its_end(desk: Desk) -> None:
    desk.publish(*(template(f"number_{n:03}") for n in range(230)))
    assert desk.sync().added == 230
    assert desk.sync() == TemplateSync(added=0, updated=0, removed=0, total=230)


def test_filters_narrow_the_list(desk: Desk) -> None:
    desk.publish(template("reminder"), template("re_offer", category="MARKETING"), template("code_100", language="de"))
    desk.sync()
    assert desk.names() == ["code_100", "re_offer", "reminder"]
    assert desk.names(name="reminder") == ["reminder"]
    assert desk.names(q="RE") == ["re_offer", "reminder"]
    assert desk.names(q="e_o") == ["re_offer"]
    assert desk.names(category="marketing") == ["re_offer"]
    assert desk.names(language="de") == ["code_100"]
    assert desk.names(status="PAUSED") == []
    with pytest.raises(Invalid):
        desk.find(status="SENT")


def test_pages_follow_each_other(desk: Desk, front: Front) -> None:
    desk.publish(*(template(f"number_{n}") for n in range(5)))
    desk.sync()
    seen: list[str] = []
    cursor = None
    while cursor is not None or not seen:
        with front.database.transaction(Context.new(tenant_id=desk.tenant), TENANT, read_only=True) as uow:
            page = queries.list_templates(ListTemplates(limit=2, cursor=cursor), uow)
        seen += [found.name for found in page.templates]
        cursor = page.pagination.next_cursor
        assert page.pagination.total == 5
    assert seen == [f"number_{n}" for n in range(5)]


def test_one_template_is_found_by_its_id_in_its_tenant_alone(desk: Desk, front: Front, graph: RunningGraphApi) -> None:
    desk.publish(template("reminder"))
    desk.sync()
    stranger = Desk(front, graph)
    found = desk.only()
    asked = GetTemplate(template_id=found.id)
    with front.database.transaction(Context.new(tenant_id=desk.tenant), TENANT, read_only=True) as uow:
        assert queries.get_template(asked, uow) == found
    with (
        front.database.transaction(Context.new(tenant_id=stranger.tenant), TENANT, read_only=True) as uow,
        pytest.raises(TemplateUnknown),
    ):
        queries.get_template(asked, uow)
    assert stranger.find() == []


def test_two_accounts_may_use_one_name(desk: Desk) -> None:
    other = new_id()
    desk.connect(other)
    desk.publish(template("reminder"))
    desk.publish(template("reminder", "From elsewhere."), account=other, token=f"{TOKEN}-two")
    with pytest.raises(ProviderRefused):
        desk.sync()  # the second account knows another token
    assert desk.only().business_account_id == desk.account
    assert [entry.target_id for entry in desk.entries()] == [desk.account]
    desk.graph.control.reset()
    desk.publish(template("reminder", "From elsewhere."), account=other)
    with pytest.raises(ProviderRefused):
        desk.sync()  # now the first account is not there
    assert {found.business_account_id for found in desk.find()} == {desk.account, other}


def test_the_salon_is_that_of_all_channels_of_the_account(desk: Desk, front: Front) -> None:
    desk.publish(template("reminder"))
    salon = new_id()
    statement = "update channels set salon_id = :salon where tenant_id = :tenant returning 1"
    front.rows(statement, salon=salon, tenant=desk.tenant)
    desk.sync()
    assert desk.only().salon_id == salon
    desk.connect(desk.account)
    assert desk.sync().updated == 1
    assert desk.only().salon_id is None


def test_without_a_connected_account_there_is_nothing_to_ask(front: Front, graph: RunningGraphApi) -> None:
    desk = Desk(front, graph)
    front.rows("update channels set is_active = false where tenant_id = :tenant returning 1", tenant=desk.tenant)
    with pytest.raises(AccountMissing):
        desk.sync()
    desk.connect(new_id(), type_=ChannelType.TELEGRAM)
    with pytest.raises(AccountMissing):
        desk.sync()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": FaultKind.ERROR, "code": 190}, ProviderRefused),
        ({"kind": FaultKind.ERROR, "code": 4}, ProviderAway),
        ({"kind": FaultKind.SERVER_ERROR}, ProviderAway),
        ({"kind": FaultKind.CUT_BEFORE_ACCEPT}, ProviderAway),
        ({"kind": FaultKind.HANG, "seconds": 3}, ProviderAway),
    ],
    ids=lambda value: str(value.get("code", value["kind"])) if isinstance(value, dict) else "",
)
def test_a_list_that_breaks_off_changes_nothing(desk: Desk, fault: dict[str, Any], error: type[Exception]) -> None:
    desk.publish(*(template(f"number_{n:03}") for n in range(120)))
    desk.sync()
    desk.publish(template("other"), *(template(f"number_{n:03}") for n in range(110)))
    desk.graph.control.add_fault(endpoint="message_templates", skip=1, times=1, **fault)
    with pytest.raises(error):
        desk.sync()
    assert len(desk.find(limit=100)) == 100
    assert desk.names(name="other") == []


def test_a_slow_provider_is_given_up_before_the_caller_gives_us_up(desk: Desk) -> None:
    desk.publish(template("reminder"))
    started = time.monotonic()
    with pytest.raises(ProviderAway, match="in time"):
        desk.sync(during=lambda: eventlet.sleep(60), seconds=1.2)
    assert time.monotonic() - started < 1.2
    assert desk.find() == []


def test_news_of_a_template_are_taken_over(desk: Desk) -> None:
    desk.publish(template("reminder"))
    desk.sync()
    desk.tell(desk.only(), "PAUSED", other_info={"title": "FIRST_PAUSE"})
    assert (desk.only().status, desk.only().provider_status, desk.only().version) == (
        TemplateStatus.PAUSED,
        "PAUSED",
        2,
    )
    desk.tell(desk.only(), "REJECTED", seconds=61, reason="INVALID_FORMAT")
    assert (desk.only().status, desk.only().rejection_reason) == (TemplateStatus.REJECTED, "INVALID_FORMAT")
    desk.tell(desk.only(), "REJECTED", seconds=62, reason="PROMOTIONAL")
    assert (desk.only().rejection_reason, desk.only().version) == ("PROMOTIONAL", 4)
    desk.tell(desk.only(), "REJECTED", seconds=63, reason="PROMOTIONAL")
    assert desk.only().version == 4
    desk.tell(desk.only(), "REINSTATED", seconds=64, reason="NONE")
    assert (desk.only().status, desk.only().rejection_reason) == (TemplateStatus.APPROVED, None)


def test_news_hold_in_the_provider_s_order_whatever_the_order_they_come_in(desk: Desk) -> None:
    desk.publish(template("reminder"))
    desk.sync()
    about = desk.only()
    desk.tell(about, "DISABLED", seconds=90)
    desk.tell(about, "PAUSED", seconds=70)
    desk.tell(about, "DISABLED", seconds=110)
    desk.tell(about, "APPROVED", seconds=100)
    assert desk.only().status is TemplateStatus.DISABLED


def test_a_warning_changes_nothing(desk: Desk) -> None:
    desk.publish(template("reminder"))
    desk.sync()
    before = desk.only()
    desk.tell(before, "FLAGGED")
    assert desk.only() == before


def test_old_news_do_not_undo_a_newer_list(desk: Desk) -> None:
    desk.publish(template("reminder"))
    desk.sync()
    desk.tell(desk.only(), "PENDING", seconds=-30)
    assert desk.only().status is TemplateStatus.APPROVED


def test_a_list_does_not_undo_news_that_came_while_it_was_read(desk: Desk) -> None:
    desk.publish(template("reminder"))
    desk.sync()
    about = desk.only()
    assert desk.sync(during=lambda: desk.tell(about, "PAUSED")).updated == 0
    assert desk.only().status is TemplateStatus.PAUSED


def test_an_older_list_removes_nothing_that_a_newer_one_has_brought(desk: Desk) -> None:
    desk.publish(template("reminder"))

    def meanwhile() -> None:
        desk.publish(template("reminder"), template("welcome"))
        desk.sync()

    assert desk.sync(during=meanwhile) == TemplateSync(added=0, updated=0, removed=0, total=1)
    assert desk.names() == ["reminder", "welcome"]


def test_news_of_a_template_that_is_in_no_list_wait_for_the_list(desk: Desk) -> None:
    desk.publish(template("reminder"))
    desk.sync()
    about = desk.only()
    desk.publish()
    assert desk.sync() == TemplateSync(added=0, updated=0, removed=1, total=0)
    desk.tell(about, "APPROVED")
    assert desk.find() == []
