"""The audit log: who did what, when and from where, with what was and what is, and never a secret."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.common.kit.ids import new_id
from tests.e2e.api import Answer, Api
from tests.e2e.authenticator import Authenticator
from tests.e2e.business import PASSWORD, new_digits, new_email
from tests.e2e.mailbox import Mailbox
from tests.e2e.patience import eventually
from tests.e2e.people import Account, hire, open_account

Entry = dict[str, Any]

_BETTER = "Better-battery-88"
_A_DAY = timedelta(days=1)


class Deeds:
    """What the owner does, each thing under a request id of its own; `secrets` must never be told."""

    def __init__(self, owner: Account) -> None:
        self.owner = owner
        self.done: dict[str, str] = {}
        self.secrets: set[str] = {PASSWORD, _BETTER, owner.first.told["token"], owner.first.told["refreshToken"]}

    def do(self, action: str, method: str, path: str, body: Any = None, caller: Api | None = None) -> Any:
        """One call, which the log must tell of as this action."""
        self.done[action] = request_id = f"e2e-{secrets.token_hex(8)}"
        api = caller or self.owner.first.api
        return api.call(method, path, body, headers={"X-Request-ID": request_id}).data

    def entries(self) -> dict[str, Entry]:
        """The log's entries for all that was done, once they are there, by action."""
        ids = set(self.done.values())

        def look() -> dict[str, Entry] | None:
            told = self.owner.first.api.get("/audit-log", limit=100).data["entries"]
            found = {(entry["action"], entry["requestId"]): entry for entry in told if entry["requestId"] in ids}
            wanted = set(self.done.items())
            return {action: found[action, self.done[action]] for action in self.done} if wanted <= set(found) else None

        return eventually(f"entries for {sorted(self.done)}", look)


@pytest.fixture
def deeds(owner: Account) -> Deeds:
    return Deeds(owner)


def test_what_becomes_of_people_and_keys_is_told(deeds: Deeds, owner: Account, mailbox: Mailbox) -> None:
    colleague = hire(owner, mailbox, "STAFF")
    path = f"/users/{colleague.first.user_id}"
    deeds.do("user.invited", "POST", "/users", {"email": new_email("dora"), "role": "STAFF", "name": "Dora"})
    deeds.do("user.role_changed", "PATCH", path, {"role": "MANAGER"})
    deeds.do("user.disabled", "PATCH", path, {"isActive": False})
    deeds.do("user.removed", "DELETE", path)
    made = deeds.do("api_key.created", "POST", "/api-keys", {"name": "Till", "scopes": ["salons:read"]})
    key_path = f"/api-keys/{made['apiKey']['id']}"
    rotated = deeds.do("api_key.rotated", "POST", f"{key_path}/rotate", {})
    deeds.do("api_key.revoked", "DELETE", key_path)
    deeds.secrets |= {made["key"], rotated["key"]}

    told = deeds.entries()
    for action, entry in told.items():
        assert entry["actor"] == {"type": "USER", "id": owner.first.user_id, "name": "Hannah Heron"}, action
        assert (entry["address"], entry["source"]) == ("127.0.0.1", "auth"), action
        assert abs(datetime.now(UTC) - datetime.fromisoformat(entry["at"])) < timedelta(minutes=2), action
    changed = told["user.role_changed"]
    assert (changed["before"], changed["after"]) == ({"role": "STAFF"}, {"role": "MANAGER"})
    assert changed["targetId"] == colleague.first.user_id
    assert told["user.disabled"]["after"] == {"isActive": False}
    assert told["user.removed"]["before"]["email"] == colleague.email
    assert told["api_key.created"]["after"]["scopes"] == ["salons:read"]
    assert_no_secret_is_told(deeds)


def test_what_becomes_of_the_business_is_told(deeds: Deeds, owner: Account) -> None:
    token, verify_token = f"EAAG{secrets.token_hex(16)}", secrets.token_hex(12)
    deeds.secrets |= {token, verify_token}
    slug = f"heron-{secrets.token_hex(6)}"
    deeds.do("tenant.updated", "PATCH", "/tenant", {"name": "Grey Heron", "slug": slug})
    webhook = {"verifyToken": verify_token, "enabled": True}
    deeds.do("settings.updated", "PATCH", "/settings", {"locale": "de", "webhookConfig": webhook})
    deeds.do("plan.changed", "POST", "/subscription", {"plan": "PRO"})
    salon = {"name": "Mitte", "timezone": "Europe/Berlin", "currency": "EUR"}
    made = deeds.do("salon.created", "POST", "/salons", salon)
    deeds.do("salon.updated", "PATCH", f"/salons/{made['id']}", {"name": "Nord"})
    deeds.do("salon.removed", "DELETE", f"/salons/{made['id']}")
    channel = {"type": "WHATSAPP_CLOUD", "name": "Desk", "phoneNumberId": new_digits(), "businessAccountId": "77"}
    deeds.do("channel.created", "POST", "/channels", channel | {"accessToken": token})

    told = deeds.entries()
    assert {entry["actor"]["id"] for entry in told.values()} == {owner.first.user_id}
    assert {(entry["source"], entry["address"]) for entry in told.values()} == {("tenants", "127.0.0.1")}
    before, after = told["tenant.updated"]["before"], told["tenant.updated"]["after"]
    assert (before["name"], after) == ("Salon Heron", {"name": "Grey Heron", "slug": slug})
    assert (told["plan.changed"]["before"], told["plan.changed"]["after"]) == ({"plan": "BASIC"}, {"plan": "PRO"})
    assert told["settings.updated"]["after"]["locale"] == "de"
    assert told["salon.updated"]["after"] == {"name": "Nord"}
    assert_no_secret_is_told(deeds)


def test_what_people_do_with_their_own_accounts_is_told(deeds: Deeds, owner: Account) -> None:
    elsewhere = owner.sign_in()
    secret = owner.first.api.post("/auth/mfa/totp", {}).data["secret"]
    telephone = Authenticator(secret)
    codes = deeds.do("user.mfa_enabled", "POST", "/auth/mfa/totp/confirm", {"code": telephone.read()})["recoveryCodes"]
    fresh = deeds.do("user.recovery_codes_renewed", "POST", "/auth/mfa/recovery-codes", {"code": telephone.read()})
    deeds.do("user.mfa_disabled", "DELETE", "/auth/mfa/totp", {"recoveryCode": fresh["recoveryCodes"][0]})
    deeds.do("session.ended", "DELETE", f"/auth/sessions/{elsewhere.id}")
    change = {"currentPassword": PASSWORD, "newPassword": _BETTER}
    deeds.do("user.password_changed", "POST", "/auth/change-password", change)
    login = {"email": owner.email, "password": _BETTER}
    deeds.do("user.logged_in", "POST", "/auth/login", login, caller=owner.nobody)
    deeds.secrets |= {secret, *codes, *fresh["recoveryCodes"]}

    told = deeds.entries()
    assert {entry["targetId"] for entry in told.values()} == {owner.first.user_id}
    assert {entry["actor"]["id"] for entry in told.values()} == {owner.first.user_id}
    assert_no_secret_is_told(deeds)


def test_a_vain_login_is_told_too(api: Api, owner: Account) -> None:
    tried = {"email": owner.email, "password": "Not-the-1-password"}
    refused = api.call("POST", "/auth/login", tried, headers={"X-Request-ID": (mine := f"e2e-{secrets.token_hex(8)}")})
    assert refused.status == 401
    (entry,) = owner.first.api.get("/audit-log", action="user.login_failed").data["entries"]
    assert (entry["requestId"], entry["targetId"], entry["address"]) == (mine, owner.first.user_id, "127.0.0.1")
    assert "Not-the-1-password" not in str(entry)


def test_what_a_program_does_is_told_of_the_program(deeds: Deeds, owner: Account) -> None:
    made = owner.first.api.post("/api-keys", {"name": "Till", "scopes": ["settings:write"]}).data
    program = owner.nobody.as_caller(made["key"])
    deeds.secrets.add(made["key"])
    deeds.do("settings.updated", "PATCH", "/settings", {"locale": "fr"}, caller=program)
    actor = deeds.entries()["settings.updated"]["actor"]
    assert actor == {"type": "API_KEY", "id": made["apiKey"]["id"], "name": "Till"}
    assert_no_secret_is_told(deeds)


def test_the_log_is_narrowed(owner: Account) -> None:
    salon = {"name": "Mitte", "timezone": "Europe/Berlin", "currency": "EUR"}
    assert owner.first.api.post("/salons", salon).status == 201
    assert owner.first.api.post("/api-keys", {"name": "Till", "scopes": ["salons:read"]}).status == 201

    def actions(**query: str) -> set[str]:
        return {entry["action"] for entry in owner.first.api.get("/audit-log", **query).data["entries"]}

    eventually("the salon", lambda: actions(action="salon.created") == {"salon.created"})
    everything = {"user.registered", "user.logged_in", "salon.created", "api_key.created"}
    assert actions(actor=owner.first.user_id) == everything
    assert actions(actor=new_id()) == set()
    assert actions(action="api_key.,salon.") == {"salon.created", "api_key.created"}
    assert actions(**{"from": "2020-01-01", "to": "2020-12-31"}) == set()
    assert actions(**{"from": f"{datetime.now(UTC) - _A_DAY:%Y-%m-%d}"}) == everything


def test_nobody_below_an_owner_reads_the_log_and_nobody_writes_it(api: Api, owner: Account, mailbox: Mailbox) -> None:
    manager = hire(owner, mailbox, "MANAGER")
    assert manager.first.api.get("/audit-log").code == "gateway.role_forbids"
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer: Answer = owner.first.api.call(method, "/audit-log", {})
        assert (answer.status, answer.code) == (405, "request.method_not_allowed")
    stranger = open_account(api)
    actors = {entry["actor"]["id"] for entry in stranger.first.api.get("/audit-log").data["entries"]}
    assert actors == {stranger.first.user_id}


def assert_no_secret_is_told(deeds: Deeds) -> None:
    text = deeds.owner.first.api.get("/audit-log", limit=100).response.text
    assert [secret for secret in deeds.secrets if secret in text] == []
