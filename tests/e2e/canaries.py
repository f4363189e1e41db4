"""Secrets that can be recognised anywhere, told to the running product in every way in which it is told secrets.

Each is used rightly and wrongly: what is refused, and what fails on the way, is logged more readily than what succeeds.
"""

from __future__ import annotations

import json
import secrets
from typing import Any

import pyotp
import requests

from services.common.contracts import api_keys
from tests.e2e.api import API, Answer, Api
from tests.e2e.business import Business, Person, new_digits, new_email
from tests.e2e.mailbox import Mailbox
from tests.simulators.graph_api.control import ControlClient
from tests.simulators.graph_api.faults import FaultKind
from tests.simulators.telegram_bot_api.control import ControlClient as BotControl


class Canaries:
    """The secrets, by what they are."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def keep(self, name: str, secret: str) -> str:
        """A secret that the product has made."""
        self.known[f"{name} ({len(self.known)})"] = secret
        return secret

    def new(self, name: str, pattern: str = "Zx7-{}") -> str:
        """A secret of ours: good as a password unless the pattern says otherwise."""
        return self.keep(name, pattern.format(secrets.token_hex(12)))

    def keep_tokens(self, told: dict[str, Any]) -> dict[str, Any]:
        """Those of an answer that signs somebody in."""
        self.keep("access token", told["token"])
        self.keep("refresh token", told["refreshToken"])
        return told


class Account:
    """Somebody who registers, forgets, changes, proves, invites: all of it with canaries."""

    def __init__(self, api: Api, mailbox: Mailbox, canaries: Canaries) -> None:
        self.nobody, self.mailbox, self.canaries = api, mailbox, canaries
        self.email = new_email("canary")
        self.password = canaries.new("password")
        form = {"email": self.email, "password": self.password, "name": "Kiri", "tenantName": "Aviary"}
        self.told = canaries.keep_tokens(self._post("/auth/register", form).data)
        self.api = api.as_caller(self.told["token"])

    def _post(self, path: str, form: Any, by: Api | None = None) -> Answer:
        """With a key of its own: answers that are kept for a repetition are kept somewhere, too."""
        return (by or self.nobody).post(path, form, Idempotency_Key=secrets.token_hex(8))

    def log_in(self) -> dict[str, Any]:
        """Whatever the answer has."""
        return dict(self._post("/auth/login", {"email": self.email, "password": self.password}).data)

    def sign_in_and_fail(self) -> None:
        """Good and bad credentials of each kind, in the places where they belong and where they do not."""
        new = self.canaries.new
        told = self.canaries.keep_tokens(self.log_in())
        self.canaries.keep_tokens(self._post("/auth/refresh", {"refreshToken": told["refreshToken"]}).data)
        again = self._post("/auth/refresh", {"refreshToken": told["refreshToken"]})
        refused = [
            again,
            self._post("/auth/refresh", {"refreshToken": new("wrong refresh token")}),
            self._post("/auth/login", {"email": self.email, "password": new("wrong password")}),
            self._post("/auth/login", {"email": new_email(), "password": new("password of nobody")}),
            self._post("/auth/login", {"email": self.email, "password": new("password with a NUL") + "\x00"}),
            self._post("/auth/login", {"email": self.email, "password": {"of": new("password in an object")}}),
            self._post("/auth/login", {"email": self.email, "password": "x", "passwort": new("misspelt field")}),
            self._post("/auth/register", {"email": new_email(), "name": "K", "password": new("weak", "weak{}")}),
            self._post("/auth/reset-password", {"token": new("wrong reset token"), "newPassword": self.password}),
            self._post("/auth/verify-email", {"token": new("wrong verification token")}),
            self._post("/auth/mfa/verify", {"mfaToken": new("wrong MFA token"), "code": "000000"}),
            self.nobody.as_caller(new("wrong bearer token")).get("/auth/me"),
            self.nobody.as_caller(self.canaries.keep("wrong API key", _an_api_key())).get("/messages"),
            self.nobody.get("/messages", api_key=new("key in the address"), access_token=new("token in the address")),
            self.api.get("/messages", token=new("token in an address that is refused")),
            self.nobody.call("GET", f"/no/such/{new('token in an unknown path')}"),
        ]
        broken = f'{{"email": "{self.email}", "password": "{new("password in broken JSON")}"'
        refused.append(self._raw("/auth/login", broken))
        assert {answer.status // 100 for answer in refused} == {4}, [(each.status, each.words) for each in refused]

    def change_and_forget(self) -> None:
        """The links of mails, and passwords that replace one another."""
        greeting = self.mailbox.await_letter(self.email, "confirm your e-mail")
        assert self._post("/auth/verify-email", {"token": self._token(greeting.token)}).status == 200
        new = self.canaries.new("changed password")
        wrong = {"currentPassword": self.canaries.new("wrong current password"), "newPassword": new}
        assert self._post("/auth/change-password", wrong, self.api).status == 401
        right = {"currentPassword": self.password, "newPassword": new}
        assert self._post("/auth/change-password", right, self.api).status == 200
        assert self._post("/auth/forgot-password", {"email": self.email}).status == 202
        link = self.mailbox.await_letter(self.email, "new password")
        self.password = self.canaries.new("password after a reset")
        reset = {"token": self._token(link.token), "newPassword": self.password}
        assert self._post("/auth/reset-password", reset).status in {200, 202}, "reset"
        self.told = self.canaries.keep_tokens(self.log_in())
        self.api = self.nobody.as_caller(self.told["token"])

    def invite(self) -> None:
        """A colleague with a password."""
        address = new_email("fledgling")
        assert self._post("/users", {"email": address, "role": "STAFF", "name": "Tui"}, self.api).status == 201
        token = self._token(self.mailbox.await_letter(address, "invited").token)
        form = {"token": token, "password": self.canaries.new("password of somebody invited")}
        told = self.canaries.keep_tokens(self._post("/auth/accept-invitation", form).data)
        self.colleague = self.nobody.as_caller(told["token"])

    def enrol(self) -> None:
        """A second factor, and a login that uses it."""
        made = self._post("/auth/mfa/totp", {}, self.api).data
        seed = self.canaries.keep("TOTP seed", made["secret"])
        confirmed = self._post("/auth/mfa/totp/confirm", {"code": pyotp.TOTP(seed).now()}, self.api).data
        codes = [self.canaries.keep("recovery code", code) for code in confirmed["recoveryCodes"]]
        challenge = self.canaries.keep("MFA token", self.log_in()["mfaToken"])
        wrong = {"mfaToken": challenge, "recoveryCode": self.canaries.new("wrong recovery code")}
        assert self._post("/auth/mfa/verify", wrong).status in {401, 422}
        right = {"mfaToken": challenge, "recoveryCode": codes[0]}
        self.canaries.keep_tokens(self._post("/auth/mfa/verify", right).data)

    def make_keys(self) -> None:
        """An API key that is used, replaced, and used in the wrong place."""
        made = self._post("/api-keys", {"name": "Till", "scopes": ["messages:read"]}, self.api).data
        key = self.canaries.keep("API key", made["key"])
        assert self.nobody.as_caller(key).get("/messages").status == 200
        assert self.nobody.get("/messages", api_key=key).status == 401
        rotated = self._post(f"/api-keys/{made['apiKey']['id']}/rotate", {"graceSeconds": 3600}, self.api).data
        assert (
            self.nobody.as_caller(self.canaries.keep("rotated API key", rotated["key"])).get("/messages").status == 200
        )

    def _token(self, token: str) -> str:
        return self.canaries.keep("token from a mail", token)

    def _raw(self, path: str, body: str) -> Answer:
        url = f"{self.nobody.gateway_url}{API}{path}"
        return Answer(requests.post(url, body, headers={"Content-Type": "application/json"}, timeout=20))


class Aviary:
    """The channels of an account's tenant: providers that take its tokens, refuse them, and hang up on them."""

    def __init__(self, account: Account, simulator: ControlClient, bots: BotControl) -> None:
        self.account, self.simulator, self.bots = account, simulator, bots
        self.canaries, self.api = account.canaries, account.api

    def connect_numbers(self) -> Business:
        """One token that is good, replaced by another one, and one that Meta refuses."""
        first, second = (self.canaries.new("WhatsApp access token", pattern) for pattern in ("EAA{}", "wa.{}"))
        waba, number, display = (f"{prefix}{new_digits(10)}" for prefix in ("77", "88", "1555"))
        numbers = [{"id": number, "display_phone_number": f"+{display}"}]
        self.simulator.create_business(
            {"waba_id": waba, "name": "Aviary", "tokens": [first, second], "phone_numbers": numbers}
        )
        form = {"type": "WHATSAPP_CLOUD", "name": "Desk", "phoneNumberId": number, "businessAccountId": waba}
        channel = self.api.post("/channels", {**form, "accessToken": first}, Idempotency_Key=secrets.token_hex(8)).data
        assert self.api.post(f"/channels/{channel['id']}/connect", {}).status == 200
        assert self.api.call("PATCH", f"/channels/{channel['id']}", {"accessToken": second}).status == 200
        other = {
            **form,
            "phoneNumberId": f"88{new_digits(10)}",
            "accessToken": self.canaries.new("refused token", "wa.{}"),
        }
        refused = self.api.post("/channels", other).data
        assert self.api.post(f"/channels/{refused['id']}/connect", {}).status == 422
        return Business(self.account.told, self.api, self.simulator, waba, number, f"+{display}", second, channel)

    def send(self, business: Business) -> None:
        """One message that leaves, one that the provider refuses, one on which it hangs up."""
        people = [business.new_person() for _ in range(3)]
        for person in people:
            business.hear(person, "Hello.")
        self._trouble(people[1], FaultKind.ERROR, code=131026)
        self._trouble(people[2], FaultKind.CUT_BEFORE_ACCEPT)
        ids = [business.say(person, "Good morning.", channelId=business.channel["id"])["id"] for person in people]
        for message_id in ids:
            business.await_status(message_id, "SENT", "DELIVERED", "READ", "FAILED", "UNCERTAIN")

    def _trouble(self, person: Person, kind: FaultKind, **conditions: Any) -> None:
        self.simulator.add_fault(kind, recipient=person.phone, **conditions)

    def connect_bots(self) -> None:
        """A bot that is connected, one that Telegram does not know, one on which it hangs up and fails."""
        good, unknown, unlucky = (
            self.canaries.keep("bot token", f"{new_digits(10)}:AA{secrets.token_urlsafe(24)}") for _ in range(3)
        )
        for token in (good, unlucky):
            self.bots.add_bot(token, "Kea", f"kea_{new_digits(6)}_bot")
        for token, faults in ((good, ()), (unknown, ()), (unlucky, ("cut", "server_error", "error"))):
            form = {"type": "TELEGRAM", "name": "Bot", "botToken": token}
            channel = self.api.post("/channels", form, Idempotency_Key=secrets.token_hex(8)).data
            for fault in faults:
                self.bots.add_fault(fault, times=1)
                assert self.api.post(f"/channels/{channel['id']}/connect", {}).status in {422, 503}
            self.bots.order("DELETE", "faults")
            connected = self.api.post(f"/channels/{channel['id']}/connect", {})
            assert connected.status == (422 if token == unknown else 200), connected.words
        self.canaries.keep("secret of a bot's webhook", self.bots.bot(good)["webhook"]["secret_token"])

    def set_up(self, business: Business) -> None:
        """Secrets among the settings, and what Meta shows of them."""
        verify = self.canaries.new("verify token", "verify-{}")
        unknown = {"whatsappConfig": {"accessToken": self.canaries.new("token that Meta refuses", "wa.{}")}}
        assert self.api.call("PATCH", "/settings", unknown).code == "tenants.credentials_refused"
        known = {
            "whatsappConfig": {"accessToken": business.access_token},
            "webhookConfig": {"verifyToken": verify, "enabled": True},
        }
        assert self.api.call("PATCH", "/settings", known).status == 200
        for token, status in ((verify, 200), (self.canaries.new("wrong verify token", "verify-{}"), 403)):
            query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
            assert self.account.nobody.get("/webhook", **query).status == status
        signed = {"X-Hub-Signature-256": f"sha256={self.canaries.new('wrong signature', '{}')}"}
        assert self.account.nobody.call("POST", "/webhook", {"object": "x"}, headers=signed).status == 401


def secrets_of_the_system(settings: dict[str, str]) -> dict[str, str]:
    """What the processes are started with and nobody else may know."""
    plain = ("META_APP_SECRET", "META_VERIFY_TOKEN", "TELEGRAM_WEBHOOK_KEY")
    found = {name: settings[name].split(",")[0] for name in plain}
    for key in json.loads(settings["AUTH_SIGNING_KEYS"]):
        lines = [line for line in key["private_key"].splitlines() if not line.startswith("-")]
        found[f"signing key {key['kid']}"] = lines[1]
    for name in ("AUTH_ENVELOPE_KEYS", "ENVELOPE_KEYS"):
        found[name] = settings[name].split(",")[0].partition(":")[2]
    for name in [name for name in settings if name.endswith(("DATABASE_URL", "AMQP_URL", "ADMIN_URL"))]:
        password = settings[name].partition("://")[2].rpartition("@")[0].partition(":")[2]
        found |= {f"password of {name}": password} if password else {}
    return found


def _an_api_key() -> str:
    """Well-formed, and nobody's."""
    return api_keys.text_of("".join(secrets.choice(api_keys.ALPHABET) for _ in range(api_keys.RANDOM_LENGTH)))
