"""S-18, S-21: the isolation matrix: each route, tried with every kind of wrong caller and with another tenant's ids."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from services.common.kit.ids import new_id
from tests.e2e.access_table import (
    EVERYBODY,
    MATRIX_FILE,
    NAMES_NOTHING,
    ROLES,
    TABLE,
    Form,
    Row,
    bearer_rows,
    case_label,
    cases_of,
    documented,
    filled,
    matrix,
    path_with,
)
from tests.e2e.api import Answer, Api
from tests.e2e.business import PASSWORD, Business, new_digits, new_email, open_business, register
from tests.e2e.patience import eventually
from tests.e2e.stored import Fingerprint, Stored
from tests.e2e.tokens import Mint, session_of
from tests.simulators.graph_api.control import ControlClient

# Both of our messages are in the conversation, on the channel, and contain the word; nobody is assigned to anything.
_FOUND = dict.fromkeys(("GET /messages conversationId", "GET /messages channelId", "GET /messages q"), 2)
_FOUND |= dict.fromkeys(("GET /conversations assignedTo", "GET /users salonId"), 0)
# The colleague has not signed in yet, so there is nothing that they did.
_FOUND |= dict.fromkeys(("GET /auth/sessions userId", "GET /audit-log actor"), 0)

_ROLE_FORBIDS = "gateway.role_forbids"

CASES = [case for row in bearer_rows() for case in cases_of(row)]


@dataclass
class Household:
    """A tenant that has one of everything."""

    business: Business
    things: Form
    marks: tuple[str, ...]
    """Texts that nobody else may ever be shown."""

    @classmethod
    def furnished(cls, api: Api, simulator: ControlClient) -> Household:
        """Register, open, connect, hear and answer."""
        business, word = open_business(api, simulator), f"word{secrets.token_hex(6)}"
        salon = business.api.post("/salons", {"name": word, "timezone": "Europe/Berlin", "currency": "EUR"}).data
        person = business.new_person(f"Name{secrets.token_hex(6)}")
        heard = business.hear(person, f"My {word}.")
        business.await_status(business.say(person, f"Your {word}.")["id"], "READ")
        business.api.post("/templates/sync", {})
        (template,) = business.api.get("/templates").data["templates"]
        colleague = business.api.post("/users", {"email": new_email("colleague"), "role": "STAFF"}).data
        key = business.api.post("/api-keys", {"name": word, "scopes": ["messages:read"]}).data
        credentials = {"email": business.signed_in["user"]["email"], "password": PASSWORD}
        second, third = (api.post("/auth/login", credentials).data for _ in range(2))
        things = {
            "id": business.tenant_id,
            "tenantId": business.tenant_id,
            "userId": colleague["id"],
            "colleagueEmail": colleague["email"],
            "apiKeyId": key["apiKey"]["id"],
            "sessionId": session_of(second["token"]),
            "spareRefreshToken": third["refreshToken"],
            "salonId": salon["id"],
            "channelId": business.channel["id"],
            "phoneNumberId": business.number_id,
            "conversationId": heard["conversationId"],
            "contactId": heard["contactId"],
            "messageId": heard["id"],
            "templateId": template["id"],
            "templateName": template["name"],
            "phone": person.written,
            "words": word,
            "refreshToken": business.signed_in["refreshToken"],
            "file": "start.js",
        }
        marks = {value for name, value in things.items() if name != "file"} | {person.name, person.phone}
        marks |= {business.user_id, key["key"]}
        return cls(business, things, tuple(marks | {business.signed_in["user"]["email"], business.waba_id}))

    def own(self) -> Form:
        """Its things, and what nobody has yet."""
        return {**self.things, "newNumber": new_digits(), "newEmail": new_email(), "password": PASSWORD}


@pytest.fixture(scope="module")
def ours(api: Api, simulator: ControlClient) -> Household:
    """The tenant that others try to get at."""
    return Household.furnished(api, simulator)


@pytest.fixture(scope="module")
def theirs(api: Api, simulator: ControlClient) -> Household:
    """The tenant whose owner tries."""
    return Household.furnished(api, simulator)


@pytest.fixture(scope="module")
def mint(settings: dict[str, str]) -> Mint:
    if "AUTH_SIGNING_KEYS" not in settings:
        pytest.skip("nobody gave us the signing key")
    return Mint(settings["AUTH_SIGNING_KEYS"])


@pytest.fixture(scope="module", autouse=True)
def untouched(ours: Household, stored: Stored) -> Iterator[Fingerprint]:
    """Everything our tenant has, before anybody tries anything; it must be the same after all of it."""
    stored.await_quiet(ours.business.tenant_id)
    before = stored.fingerprint(ours.business.tenant_id)
    yield before
    stored.await_quiet(ours.business.tenant_id)
    assert stored.fingerprint(ours.business.tenant_id) == before


def unknown_things() -> Form:
    """Ids of nothing, in the form that each has."""
    numbers = {"phoneNumberId": new_digits(), "phone": f"+1555{new_digits(7)}"}
    words = {"words": f"word{secrets.token_hex(6)}", "refreshToken": secrets.token_urlsafe(32)}
    words |= {"colleagueEmail": new_email("colleague"), "templateName": f"greeting_{secrets.token_hex(6)}"}
    named = ["tenantId", "userId", "salonId", "channelId", "conversationId", "contactId", "messageId"]
    named += ["id", "apiKeyId", "sessionId", "templateId"]
    return {**{name: new_id() for name in named}, **numbers, **words}


def attempt(row: Row, caller: Api, own: Form, tried: Form, form: Form | None) -> Answer:
    """One call: the tried things in the path if it has any and no probe is given, else in the form."""
    path = path_with(row, tried if form is None and row.names_something else own)
    sent = filled(row.body if form is None else form, own, tried)
    if row.method == "GET":
        return caller.get(path, **(sent or {}))
    return caller.call(row.method, path, {} if sent is None else sent)


def without(text: str, things: Form) -> str:
    """A body in which the tried things can't be told apart, and nothing of this very call is left."""
    for value in things.values():
        text = text.replace(str(value), "…")
    return text


def shown(answer: Answer, tried: Form) -> Any:
    """What the caller learns, apart from what they have sent themselves."""
    body = answer.refusal() if answer.status >= 400 else answer.data
    return answer.status, json.loads(without(json.dumps(body), tried))


def test_every_route_has_a_row_and_every_row_a_route(api: Api) -> None:
    paths = api.get("/api/openapi.json").json["paths"]
    methods = ("get", "post", "put", "patch", "delete")
    routes = {
        documented(f"{name.upper()} {path}") for path, known in paths.items() for name in known if name in methods
    }
    assert routes == {row.request for row in TABLE}
    assert {row.who for row in TABLE} == EVERYBODY | set(ROLES)


def test_every_field_that_can_name_something_is_probed(api: Api) -> None:
    document = api.get("/api/openapi.json").json
    probed = {
        (row.request, name) for row in TABLE for form in row.probes for name, value in form.items() if "@" in str(value)
    }
    missing = [
        f"{row.request} {name}"
        for row in bearer_rows()
        for name in _fields_that_name(document, row)
        if (row.request, name) not in probed and not {name, f"{row.request} {name}"} & set(NAMES_NOTHING)
    ]
    assert missing == []


def _fields_that_name(document: dict[str, Any], row: Row) -> Iterator[str]:
    operation = document["paths"][f"/api/v1{row.path}"][row.method.lower()]
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query" and _is_name(parameter["name"], parameter["schema"]):
            yield parameter["name"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield from _names_in(document, content["schema"])


def _names_in(document: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    """Fields of a body and, by dotted path, of the objects in it. A list names something where its items do."""
    for known in (schema, *schema.get("anyOf", ()), *schema.get("allOf", ())):
        if "$ref" in known:
            yield from _names_in(document, document["components"]["schemas"][known["$ref"].rsplit("/", 1)[1]])
        for name, inner in known.get("properties", {}).items():
            if _is_name(name, inner) or _is_name("", inner.get("items", {})):
                yield name
            yield from (f"{name}.{deeper}" for deeper in _names_in(document, inner))


def _is_name(name: str, schema: dict[str, Any]) -> bool:
    return schema.get("format") == "uuid" or (name.endswith(("Id", "Token")) and name != "accessToken")


@pytest.mark.parametrize("row", bearer_rows(), ids=lambda row: row.request)
def test_without_a_good_token_every_route_says_the_same(
    row: Row, ours: Household, theirs: Household, mint: Mint
) -> None:
    answers = {}
    for name, token in mint.bad_ones(ours.business.token).items():
        answer = attempt(row, ours.business.api.as_caller(token), theirs.own(), ours.things, None)
        assert answer.status == 401, name
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        answers[name] = json.dumps(answer.refusal(), sort_keys=True)
    assert len(set(answers.values())) == 1, answers
    assert "gateway.unauthenticated" in answers["no token"]


@pytest.mark.parametrize("row", [row for row in bearer_rows() if row.lower_role], ids=lambda row: row.request)
def test_a_lower_role_is_refused_whatever_it_asks_for(row: Row, ours: Household, mint: Mint) -> None:
    caller = ours.business.api.as_caller(mint.like(ours.business.token, rol=row.lower_role))
    refused = attempt(row, caller, ours.own(), ours.things, None)
    assert (refused.status, refused.code) == (403, "gateway.role_forbids")


@pytest.mark.parametrize("row", [row for row in bearer_rows() if row.tenant_needed], ids=lambda row: row.request)
def test_somebody_without_a_tenant_sees_no_tenant_s_things(row: Row, ours: Household, mint: Mint) -> None:
    caller = ours.business.api.as_caller(mint.like(ours.business.token, rol="SUPER_ADMIN", tid=None))
    refused = attempt(row, caller, ours.own(), ours.things, None)
    assert (refused.status, refused.code) == (403, "gateway.tenant_needed")


@pytest.mark.parametrize("case", CASES, ids=case_label)
def test_another_tenant_s_thing_looks_like_one_that_does_not_exist(
    case: tuple[Row, Form | None], ours: Household, theirs: Household
) -> None:
    row, form = case
    caller, own, unknown = theirs.business.api, theirs.own(), unknown_things()
    foreign = attempt(row, caller, own, ours.things, form)
    nothing = attempt(row, caller, own | {"newNumber": new_digits()}, unknown, form)
    assert shown(foreign, ours.things) == shown(nothing, unknown)
    assert foreign.status in _expected(row, form)
    told = without(foreign.response.text, {name: ours.things[name] for name in _tried(row, form)})
    assert [mark for mark in ours.marks if mark in told] == []


def _expected(row: Row, form: Form | None) -> set[int]:
    """A thing in the path is not there, nor is one in a body; a list that is narrowed to one is empty."""
    if form is None:
        return {404}
    if row.hidden is not None:
        return {row.hidden}
    return {404, 422} if row.method == "PATCH" or row.status != 200 else {200}


def _tried(row: Row, form: Form | None) -> list[str]:
    """The names of the things that the call itself contains."""
    if form is None:
        return [name.strip("{}") for name in row.path.split("/") if name.startswith("{")]
    return [str(value)[1:] for value in form.values() if str(value).startswith("@")]


@pytest.mark.parametrize("case", [case for case in CASES if case[0].method == "GET"], ids=case_label)
def test_its_own_tenant_finds_that_very_thing(case: tuple[Row, Form | None], ours: Household) -> None:
    """Without this, a thing that nobody finds would pass for a thing that is hidden."""
    row, form = case
    found = attempt(row, ours.business.api, ours.things, ours.things, form).data
    if form is None:
        assert found.get("id", found.get("channelId")) in ours.marks
    else:
        assert found["pagination"]["total"] == _FOUND.get(case_label(case), 1)


@pytest.mark.parametrize(
    "row",
    [row for row in bearer_rows() if row.method == "GET" and row.who != "SUPER_ADMIN"],
    ids=lambda row: row.request,
)
def test_what_a_tenant_is_shown_of_its_own_holds_nothing_of_another_s(
    row: Row, ours: Household, theirs: Household
) -> None:
    smuggled = {"X-Tenant-Id": ours.business.tenant_id, "nameko.tenant_id": ours.business.tenant_id}
    path = path_with(row, theirs.things)
    answer = theirs.business.api.call("GET", path, headers=smuggled)
    assert answer.data is not None
    assert [mark for mark in ours.marks if mark in answer.response.text] == []


def open_to_keys(api: Api, row: Row) -> bool:
    """Whether the document says that an API key can do this at all."""
    operation = api.get("/api/openapi.json").json["paths"][f"/api/v1{row.path}"][row.method.lower()]
    return any("apiKey" in way for way in operation["security"])


def key_with(business: Business, *scopes: str) -> Api:
    """A program of the tenant."""
    made = business.api.post("/api-keys", {"name": "A program", "scopes": list(scopes)}).data
    return business.api.as_caller(made["key"])


@pytest.fixture(scope="module")
def idle_program(theirs: Household) -> Api:
    """One that may do nothing of what is tried."""
    return key_with(theirs.business, "contacts:read")


@pytest.fixture(scope="module")
def busy_program(theirs: Household) -> Api:
    """One that may do all that the table is about."""
    collections = (
        "analytics",
        "channels",
        "conversations",
        "messages",
        "salons",
        "settings",
        "templates",
        "tenant",
        "usage",
    )
    known = set(theirs.business.api.get("/auth/me").data["permissions"])
    wanted = {f"{name}:{verb}" for name in collections for verb in ("read", "write")} & known
    return key_with(theirs.business, *(wanted - {"salons:write", "tenant:write"}))


@pytest.mark.parametrize("row", bearer_rows(), ids=lambda row: row.request)
def test_a_program_without_the_scope_is_refused(row: Row, idle_program: Api, theirs: Household) -> None:
    refused = attempt(row, idle_program, theirs.own(), theirs.things, None)
    wanted = {"gateway.scope_missing"} if open_to_keys(idle_program, row) else {"gateway.user_needed", _ROLE_FORBIDS}
    assert (refused.status, refused.code in wanted) == (403, True), refused.words


@pytest.mark.parametrize("case", CASES, ids=case_label)
def test_a_program_sees_nothing_of_another_tenant_either(
    case: tuple[Row, Form | None], ours: Household, theirs: Household, busy_program: Api
) -> None:
    row, form = case
    own, unknown = theirs.own(), unknown_things()
    foreign = attempt(row, busy_program, own, ours.things, form)
    nothing = attempt(row, busy_program, own | {"newNumber": new_digits()}, unknown, form)
    assert shown(foreign, ours.things) == shown(nothing, unknown)
    assert foreign.status in (_expected(row, form) if open_to_keys(busy_program, row) else {403})


@pytest.fixture(scope="module")
def suspended(api: Api, mint: Mint) -> Iterator[Api]:
    """The owner of a tenant that the platform has suspended."""
    signed_in = register(api)
    owner = api.as_caller(signed_in["token"])
    admin = api.as_caller(mint.like(signed_in["token"], sub=new_id(), rol="SUPER_ADMIN", tid=None, sid=new_id()))
    path = f"/admin/tenants/{signed_in['tenant']['id']}"
    assert admin.call("PATCH", path, {"status": "SUSPENDED"}).data["status"] == "SUSPENDED"
    eventually("the suspension", lambda: owner.get("/auth/me").status == 403, 30.0)
    yield owner
    admin.call("PATCH", path, {"status": "ACTIVE"})
    eventually("the resumption", lambda: owner.get("/auth/me").status == 200, 30.0)


@pytest.mark.parametrize("row", bearer_rows(), ids=lambda row: row.request)
def test_a_suspended_tenant_is_told_so_everywhere(row: Row, suspended: Api, theirs: Household) -> None:
    refused = attempt(row, suspended, theirs.own(), theirs.things, None)
    assert (refused.status, refused.code) == (403, "auth.tenant_suspended")


@pytest.mark.parametrize("row", bearer_rows(), ids=lambda row: row.request)
def test_the_least_role_is_enough(row: Row, theirs: Household, mint: Mint) -> None:
    """Without this, a route that refuses everybody would pass all of the above."""
    caller = theirs.business.api.as_caller(mint.like(theirs.business.token, rol=row.who))
    answer = attempt(row, caller, theirs.own(), theirs.things, row.body if row.method != "GET" else None)
    assert answer.status == row.status, answer.words


def test_the_matrix_in_the_documents_is_the_one_that_is_tried() -> None:
    """`python -m tests.e2e.access_table` writes it anew."""
    assert MATRIX_FILE.read_text(encoding="utf-8") == matrix()


def test_a_key_of_one_tenant_opens_nothing_of_another(ours: Household, theirs: Household) -> None:
    """The same Idempotency-Key and body from two tenants are two orders."""
    form, key = {"name": "Keyed", "timezone": "Europe/Berlin", "currency": "EUR"}, secrets.token_hex(8)
    first = theirs.business.api.post("/salons", form, Idempotency_Key=key).data
    other = Household.furnished(ours.business.api.as_caller(None), ours.business.simulator)
    assert other.business.api.post("/salons", form, Idempotency_Key=key).data["id"] != first["id"]
