"""People with accounts: how they sign in, what a session of theirs is, and how one notices that it is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.e2e.api import Answer, Api
from tests.e2e.business import PASSWORD, new_email, register
from tests.e2e.mailbox import Mailbox
from tests.e2e.patience import eventually

_ASKED_TO_BE_SURE = 8
_PROMISED_SECONDS = 30.0


@dataclass
class SignIn:
    """One session: what its user was told, and the caller with its access token."""

    nobody: Api
    told: dict[str, Any]
    api: Api

    @classmethod
    def of(cls, nobody: Api, told: dict[str, Any]) -> SignIn:
        """The session of an answer that has tokens."""
        return cls(nobody, told, nobody.as_caller(told["token"]))

    @property
    def user_id(self) -> str:
        return str(self.told["user"]["id"])

    @property
    def id(self) -> str:
        """The session's own id, as the list of sessions shows it."""
        return str(next(each["id"] for each in self.api.get("/auth/sessions").data["sessions"] if each["isCurrent"]))

    def me(self) -> Answer:
        """Who the access token says that it is."""
        return self.api.get("/auth/me")

    def refresh(self) -> Answer:
        """The refresh token's one use; the session goes on with the pair that it gives."""
        answer = self.nobody.post("/auth/refresh", {"refreshToken": self.told["refreshToken"]})
        if answer.status == 200:
            self.told |= answer.data
            self.api = self.nobody.as_caller(answer.data["token"])
        return answer

    def goes_on(self) -> bool:
        """Whether both tokens are good."""
        return (self.me().status, self.refresh().status) == (200, 200)

    def await_end(self) -> None:
        """Wait until both tokens are refused."""
        await_refusal(self.api)
        refused = self.refresh()
        assert (refused.status, refused.code) == (401, "auth.bad_refresh_token")


@dataclass
class Account:
    """Somebody with a password; `first` is the session that came with the account."""

    nobody: Api
    email: str
    password: str
    first: SignIn

    def log_in(self, **how: Any) -> Answer:
        """E-mail and password, whatever comes of it."""
        return self.nobody.post("/auth/login", {"email": self.email, "password": self.password, **how})

    def sign_in(self, **how: Any) -> SignIn:
        """A further session."""
        return SignIn.of(self.nobody, self.log_in(**how).data)


def open_account(api: Api) -> Account:
    """The owner of a business of their own."""
    told = register(api)
    return Account(api, told["user"]["email"], PASSWORD, SignIn.of(api, told))


def hire(owner: Account, mailbox: Mailbox, role: str, **more: Any) -> Account:
    """Invite somebody, who accepts."""
    email = new_email("colleague")
    assert owner.first.api.post("/users", {"email": email, "role": role, "name": "Cleo Coot", **more}).status == 201
    letter = mailbox.await_letter(email, "You are invited")
    told = owner.nobody.post("/auth/accept-invitation", {"token": letter.token, "password": PASSWORD}).data
    return Account(owner.nobody, email, PASSWORD, SignIn.of(owner.nobody, told))


def await_refusal(
    caller: Api, path: str = "/auth/me", status: int = 401, code: str = "gateway.unauthenticated"
) -> None:
    """Wait until every process of the gateway refuses the caller: each try comes by a connection of its own."""

    def refused() -> bool:
        answers = [caller.call("GET", path, headers={"Connection": "close"}) for _ in range(_ASKED_TO_BE_SURE)]
        return all((answer.status, answer.status >= 400 and answer.code) == (status, code) for answer in answers)

    eventually(f"{status} {code} for everybody with this credential", refused, _PROMISED_SECONDS)
