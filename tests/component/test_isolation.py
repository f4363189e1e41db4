"""S-24: the gateway is not the only one who can call: every request, asked directly with another tenant's context."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, get_args

import jwt
import orjson
import pytest
import sqlalchemy as sa

from services.analytics.service import AnalyticsService
from services.analytics.settings import AnalyticsSettings
from services.auth.service import AuthService
from services.auth.settings import AuthSettings
from services.common.contracts.auth import CreateApiKey, Logout, Register, SignedIn
from services.common.contracts.base import Envelope, Request
from services.common.contracts.base import Message as WireMessage
from services.common.contracts.codec import instant_to_wire, members
from services.common.contracts.errors import Invalid, NotFound, ServiceError
from services.common.contracts.gateway import Provider, WebhookReceivedV1
from services.common.contracts.messaging import ListMessages, Message
from services.common.contracts.tenants import ChannelType, CreateChannel, CreateSalon
from services.common.contracts.types import Id
from services.common.kit import clock, logging
from services.common.kit.context import Context
from services.common.kit.ids import new_id
from services.common.kit.outbox import exchange_of
from services.common.kit.publisher import ConfirmedPublisher, Outgoing
from services.common.kit.rpc import RpcClient
from services.common.kit.uow import SYSTEM, Scope
from services.messaging.service import MessagingService
from services.messaging.settings import MessagingSettings
from services.tenants.service import TenantsService
from services.tenants.settings import TenantsSettings
from tests.component.isolation_table import CALLERS, NAMELESS, NAMES_NOTHING, OPEN, PROBES, Probe, Things
from tests.component.services import broker_url, eventually, running
from tests.contracts.catalogue import label, requests
from tests.contracts.test_implementations import SERVICES, entrypoints_of
from tests.integration.auth.keys import signing_keys
from tests.integration.auth.people import PASSWORD, new_email
from tests.integration.databases import PrivateDatabase, PrivateServer, connected
from tests.integration.messaging.webhooks import body_of, text_of, value_of

RUNNING = {"auth": AuthService, "tenants": TenantsService, "messaging": MessagingService, "analytics": AnalyticsService}
SCOPES: dict[type[Request[Any]], Scope] = {
    entrypoint.request_class: entrypoint.scope
    for service in SERVICES
    for _, entrypoint in entrypoints_of(service)
    if hasattr(entrypoint, "request_class")
}

Case = tuple[type[Request[Any]], Probe]
CASES: list[Case] = [(cls, probe) for cls, probes in PROBES.items() if cls in SCOPES for probe in probes]
READS = [case for case in CASES if case[0].METHOD.startswith(("get_", "list_"))]
OF_TENANTS = [cls for cls in (*PROBES, *NAMELESS) if cls in SCOPES]
# Nobody is assigned to a conversation, limited to a salon, or has done anything that is noted.
_EMPTY = {("ListConversations", "assigned_to"), ("ListUsers", "salon_id")} | {
    ("ListAuditLog", name) for name in ("actor", "target_id")
}

_TENANT_TABLES = sa.text(
    "select c.table_name from information_schema.columns c"
    " join pg_class t on t.relname = c.table_name and t.relnamespace = 'public'::regnamespace"
    " where c.table_schema = 'public' and c.column_name = 'tenant_id' and not t.relispartition"
    " and c.table_name <> 'idempotency'"
)


def case_label(case: Case) -> str:
    tried, own = Things.of_nobody(), Things.of_nobody()
    return f"{label(case[0])}-{'-'.join(named_by(case[1](tried, own), tried))}"


def named_by(request: Request[Any], tried: Things) -> list[str]:
    """The fields by which a request names what is tried."""
    return [name for name, value in asdict(request).items() if value in asdict(tried).values()]


@dataclass
class Tenancy:
    """One tenant: its owner's context and session, and one of everything."""

    context: Context
    signed_in: SignedIn
    things: Things

    @property
    def marks(self) -> set[str]:
        """What nobody else may be shown."""
        return {*asdict(self.things).values(), str(self.context.tenant_id), self.signed_in.user.email}


class Town:
    """All services on one broker, each with a database of its own."""

    def __init__(self, client: RpcClient, publisher: ConfirmedPublisher, databases: dict[str, PrivateDatabase]) -> None:
        self.client = client
        self._publisher = publisher
        self._databases = databases

    def settle(self) -> Tenancy:
        """Register a tenant, give it a salon and a number, and let a customer write."""
        word = f"word{new_id()[-12:]}"
        register = Register(email=new_email(), password=PASSWORD, name="Rosa Meyer", tenant_name=f"Salon {word}")
        signed_in = self.client.call(register, Context.new(address="2001:db8::1"))
        claims = jwt.decode(signed_in.token, options={"verify_signature": False})
        context = Context.new(user_id=claims["sub"], tenant_id=claims["tid"], role=claims["rol"], caller=claims["sub"])
        salon = self.client.call(CreateSalon(name=word, timezone="Europe/Berlin", currency="EUR"), context)
        number = new_id()
        channel = self.client.call(
            CreateChannel(
                type=ChannelType.WHATSAPP_CLOUD,
                name=word,
                phone_number_id=number,
                business_account_id=number,
                access_token="a-token",
            ),
            context,
        )
        message = self._hear(context, number, word)
        things = Things(
            salon_id=salon.id,
            channel_id=channel.id,
            phone_number_id=number,
            conversation_id=message.conversation_id,
            message_id=message.id,
            template_id=self._approve_template(context, number, word),
            user_id=signed_in.user.id,
            session_id=claims["sid"],
            api_key_id=self._make_api_key(context),
            words=word,
        )
        return Tenancy(context, signed_in, things)

    def kept(self, tenant_id: str) -> dict[str, tuple[Any, ...]]:
        """Row count and checksum of everything that a tenant has, once its events have left."""
        unpublished = "select count(*) from outbox where published_at is null and tenant_id = :tenant_id"
        eventually(lambda: not any(self._rows(name, unpublished, tenant_id)[0][0] for name in self._databases))
        return {
            f"{name}.{table}": tuple(
                self._rows(
                    name,
                    "select count(*), md5(string_agg(row, ' ' order by row)) from"
                    f" (select t::text as row from {table} t where tenant_id = :tenant_id) rows",
                    tenant_id,
                )[0]
            )
            for name in self._databases
            for (table,) in self._rows(name, _TENANT_TABLES.text)
        }

    def _hear(self, context: Context, number: str, word: str) -> Message:
        body = body_of(value_of([text_of(f"wamid.{word}", f"My {word}.")], number=number), account=number)
        envelope = Envelope(
            id=new_id(),
            type=WebhookReceivedV1.TYPE,
            occurred_at=instant_to_wire(clock.now()),
            tenant_id=None,
            source=WebhookReceivedV1.SOURCE,
            correlation_id=None,
            causation_id=None,
            data=WebhookReceivedV1.of(Provider.META, orjson.dumps(body)).to_wire(),
        )
        exchange = exchange_of(envelope.source)
        self._publisher.publish(Outgoing(exchange, envelope.type, envelope.to_bytes(), {}, envelope.id))
        eventually(lambda: self.client.call(ListMessages(), context).messages)
        (message,) = self.client.call(ListMessages(), context).messages
        return message

    def _make_api_key(self, context: Context) -> str:
        if CreateApiKey not in SCOPES:
            return new_id()
        return self.client.call(CreateApiKey(name="Till", scopes=["messages:read"]), context).api_key.id

    def _approve_template(self, context: Context, account: str, name: str) -> str:
        """As if the provider had listed it: there is none here that could be asked."""
        template_id = new_id()
        statement = sa.text(
            "insert into templates values (:tenant, :id, :account, null, '1', :name, 'en_US', 'UTILITY', 'APPROVED',"
            " 'APPROVED', null, 'POSITIONAL', '[]', now(), 1, now(), now())"
        )
        values = {"tenant": context.tenant_id, "id": template_id, "account": account, "name": name}
        with connected(self._databases["messaging"].admin_url) as connection:
            connection.execute(statement, values)
        return template_id

    def _rows(self, name: str, statement: str, tenant_id: str | None = None) -> list[Any]:
        with connected(self._databases[name].admin_url) as connection:
            values = {} if tenant_id is None else {"tenant_id": tenant_id}
            return list(connection.execute(sa.text(statement), values))


SETTINGS: dict[str, Any] = {
    "auth": AuthSettings,
    "tenants": TenantsSettings,
    "messaging": MessagingSettings,
    "analytics": AnalyticsSettings,
}


def settings_of(service: str, database: PrivateDatabase, url: str) -> Any:
    """Settings of one service, with nowhere to send to."""
    return SETTINGS[service].load(
        {
            f"{service.upper()}_DATABASE_URL": database.app_url,
            "AMQP_URL": url,
            "AUTH_SIGNING_KEYS": signing_keys(),
            "AUTH_ENVELOPE_KEYS": "k1:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
            "ENVELOPE_KEYS": "k1:" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=",
            "GRAPH_API_URL": "http://127.0.0.1:1",
        }
    )


@pytest.fixture(scope="module", autouse=True)
def plain_logs() -> None:
    """JSON lines as in production: the coloured tracebacks of a terminal take seconds."""
    logging.configure("tests", "WARNING")


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    url, server = broker_url(), PrivateServer()
    with contextlib.ExitStack() as stack:
        stack.callback(server.drop_all)
        databases = {name: server.migrated(name) for name in RUNNING}
        for name, service in RUNNING.items():
            stack.enter_context(running(service, settings_of(name, databases[name], url)))
        client, publisher = RpcClient(url, "tests"), ConfirmedPublisher(url)
        stack.callback(client.close)
        stack.callback(publisher.close)
        yield Town(client, publisher, databases)


@pytest.fixture(scope="module")
def ours(town: Town) -> Tenancy:
    """The tenant that others try to get at."""
    return town.settle()


@pytest.fixture(scope="module")
def theirs(town: Town) -> Tenancy:
    """The tenant in whose name they try."""
    return town.settle()


@pytest.fixture(scope="module")
def untouched(town: Town, ours: Tenancy, theirs: Tenancy) -> Iterator[None]:
    """What our tenant has is the same after all of it."""
    before = town.kept(str(ours.context.tenant_id))
    yield
    assert town.kept(str(ours.context.tenant_id)) == before


def outcome(town: Town, request: Request[Any], context: Context) -> tuple[str, Any]:
    """What a caller learns: the answer, or the code and words of the refusal."""
    try:
        answer = town.client.call(request, context)
    except ServiceError as error:
        return error.kind, (error.code, error.message, error.details)
    return "answer", answer.to_wire() if isinstance(answer, WireMessage) else answer


def is_empty_page(answer: Any) -> bool:
    return isinstance(answer, dict) and answer.get("pagination", {}).get("total") == 0


def test_every_request_has_an_entry_that_fits_its_scope() -> None:
    assert set(requests()) == {*PROBES, *NAMELESS, *CALLERS, *OPEN}
    assert {cls for cls in OPEN if SCOPES.get(cls, SYSTEM) is not SYSTEM} == set()
    assert set(OPEN) & {*PROBES, *NAMELESS, *CALLERS} == set()


@pytest.mark.parametrize("cls", [*PROBES, *NAMELESS], ids=label)
def test_every_field_that_can_name_something_has_a_probe(cls: type[Request[Any]]) -> None:
    tried, own = Things.of_nobody(), Things.of_nobody()
    probed = {name for probe in PROBES.get(cls, ()) for name in named_by(probe(tried, own), tried)}
    id_mark = get_args(Id)[1]
    naming = {
        member.name for member in members(cls) if id_mark in member.marks or member.name.endswith(("_id", "_ids"))
    }
    assert {name for name in naming - probed if f"{cls.__name__}.{name}" not in NAMES_NOTHING} == set()


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("case", CASES, ids=case_label)
def test_another_tenant_s_thing_is_as_unknown_as_one_that_does_not_exist(
    town: Town, ours: Tenancy, theirs: Tenancy, case: Case
) -> None:
    cls, probe = case
    kind, learned = outcome(town, probe(ours.things, theirs.things), theirs.context)
    assert (kind, learned) == outcome(town, probe(Things.of_nobody(), theirs.things), theirs.context)
    if kind == "answer" and cls.METHOD.startswith("list_"):
        assert learned["pagination"]["total"] == 0
    else:
        assert kind in {NotFound.kind, Invalid.kind}, learned
    assert [mark for mark in ours.marks if mark in str(learned)] == []


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("case", READS, ids=case_label)
def test_its_own_tenant_finds_that_very_thing(town: Town, ours: Tenancy, case: Case) -> None:
    cls, probe = case
    request = probe(ours.things, ours.things)
    kind, found = outcome(town, request, ours.context)
    assert kind == "answer", found
    (name,) = named_by(request, ours.things)
    if (cls.__name__, name) in _EMPTY:
        return
    if "pagination" in found:
        assert found["pagination"]["total"] >= 1
    else:
        assert getattr(request, name) in str(found)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("cls", [cls for cls in NAMELESS if cls in SCOPES], ids=label)
def test_what_a_tenant_is_shown_is_its_own(town: Town, ours: Tenancy, theirs: Tenancy, cls: type[Request[Any]]) -> None:
    kind, learned = outcome(town, NAMELESS[cls](), theirs.context)
    assert kind == "answer" or not cls.METHOD.startswith(("get_", "list_")), learned
    assert [mark for mark in ours.marks if mark in str(learned)] == []


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("tenant_id", [None, "", "%", "everybody"])
@pytest.mark.parametrize("cls", OF_TENANTS, ids=label)
def test_without_a_tenant_nothing_is_answered(
    town: Town, ours: Tenancy, cls: type[Request[Any]], tenant_id: str | None
) -> None:
    request = NAMELESS[cls]() if cls in NAMELESS else PROBES[cls][0](ours.things, ours.things)
    kind, learned = outcome(town, request, ours.context.child(tenant_id=tenant_id))
    assert kind != "answer" or is_empty_page(learned), learned
    assert [mark for mark in ours.marks if mark in str(learned)] == []


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("cls", [cls for cls in CALLERS if cls in SCOPES], ids=label)
def test_a_user_and_a_tenant_that_do_not_belong_together_are_nobody(
    town: Town, ours: Tenancy, theirs: Tenancy, cls: type[Request[Any]]
) -> None:
    request = CALLERS[cls](ours.things)
    for context in (
        theirs.context,
        theirs.context.child(user_id=ours.context.user_id),
        ours.context.child(user_id=theirs.context.user_id),
        ours.context.child(tenant_id=None),
    ):
        poses = context is not theirs.context
        if poses or ours.things.session_id in str(request):
            _, learned = outcome(town, request, context)
            assert [mark for mark in ours.marks if mark in str(learned)] == []


@pytest.mark.usefixtures("untouched")
def test_nobody_logs_another_tenant_s_user_out(town: Town, ours: Tenancy, theirs: Tenancy) -> None:
    posing = theirs.context.child(user_id=ours.context.user_id)
    for context in (theirs.context, posing, posing.child(tenant_id=None)):
        for request in (Logout(refresh_token=ours.signed_in.refresh_token), Logout(all=True)):
            assert town.client.call(request, context) is None
