"""S-28, S-17: no secret that went through the product is in a database, in a log, in an event or in a queue.

Hashes and sealed values are all that is kept. The folder that stands for everybody's mailbox is left out: that is where
links are meant to arrive; and so are calls between processes, which are never stored.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.environment import base_environment
from deploy.local.ports import HOST
from deploy.local.processes import visible_settings
from tests.e2e.api import Api
from tests.e2e.business import new_email, register
from tests.e2e.canaries import Account, Aviary, Canaries, secrets_of_the_system
from tests.e2e.leaks import DATABASES, Wire, dump, forms_of, leaks, logs
from tests.e2e.mailbox import Mailbox
from tests.e2e.patience import eventually
from tests.e2e.stored import Stored
from tests.simulators.graph_api.control import ControlClient
from tests.simulators.smtp_sink import running_sink
from tests.simulators.telegram_bot_api.control import ControlClient as BotControl


class Remains:
    """What is left of an eventful day: the canaries, and the places where they could be."""

    def __init__(self, canaries: Canaries, account: Account, events: dict[str, str], queues: dict[str, str]) -> None:
        self.canaries = canaries
        self.account = account
        self.events = events
        self.queues = queues


@pytest.fixture(scope="module")
def log_folder(settings: dict[str, str]) -> Path:
    """Beside the mailbox."""
    if "MAILBOX_DIR" not in settings:
        pytest.skip("the logs of that system are not on this machine")
    return Path(settings["MAILBOX_DIR"]).parent / "log"


@pytest.fixture(scope="module")
def remains(api: Api, simulator: ControlClient, settings: dict[str, str], mailbox: Mailbox, stored: Stored) -> Remains:
    canaries = Canaries()
    with Wire.tapped(settings["AMQP_URL"]) as wire:
        account = Account(api, mailbox, canaries)
        account.sign_in_and_fail()
        account.change_and_forget()
        account.invite()
        aviary = Aviary(account, simulator, BotControl(settings["TELEGRAM_API_URL"]))
        business = aviary.connect_numbers()
        aviary.send(business)
        aviary.set_up(business)
        aviary.connect_bots()
        account.make_keys()
        account.enrol()
        stored.await_quiet(account.told["tenant"]["id"])
        return Remains(canaries, account, wire.published(), wire.resting())


def test_enough_was_told_to_be_found(remains: Remains) -> None:
    kinds = {name.rpartition(" (")[0] for name in remains.canaries.known}
    assert len(kinds) >= 35
    assert all(len(secret) >= 20 for secret in remains.canaries.known.values())


def test_no_secret_is_in_a_database(remains: Remains, settings: dict[str, str], stored: Stored) -> None:
    rows = dump(stored)
    assert {place.partition(".")[0] for place in rows} == set(DATABASES)
    assert remains.account.email in rows["auth.users"]  # what is no secret is found
    assert leaks(remains.canaries.known | secrets_of_the_system(settings), rows) == []
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in rows["auth.users"]
    assert "v1." in rows["tenants.channels"] + rows["messaging.channels"] + rows["auth.totp_seeds"]


def test_no_secret_is_in_a_log(remains: Remains, settings: dict[str, str], log_folder: Path) -> None:
    lines = logs(log_folder)
    processes = {"gateway", "auth", "auth-events", "tenants", "tenants-events", "messaging", "messaging-events"}
    assert {f"{name}.log" for name in processes | {"analytics", "bookings", "postgres", "rabbitmq"}} <= set(lines)
    user_id = remains.account.told["user"]["id"]
    assert user_id in lines["gateway.log"]
    assert user_id in lines["auth.log"]
    assert leaks(remains.canaries.known | secrets_of_the_system(settings), lines) == []


def test_no_secret_is_in_an_event(remains: Remains, settings: dict[str, str]) -> None:
    expected = {"user.registered.v1", "letter.ordered.v1", "channel.connected.v1", "message.queued.v1"}
    assert {f"event {kind}" for kind in expected} <= set(remains.events)
    assert remains.account.told["user"]["id"] in remains.events["event user.registered.v1"]
    assert leaks(remains.canaries.known | secrets_of_the_system(settings), remains.events) == []


def test_no_secret_rests_in_a_queue(remains: Remains, settings: dict[str, str]) -> None:
    assert len(remains.queues) > 30
    assert leaks(remains.canaries.known | secrets_of_the_system(settings), remains.queues) == []


def test_no_answer_shows_a_secret_a_second_time(remains: Remains) -> None:
    """S-23: what was shown once, or sent, is masked from then on, to its owner too."""
    reads = ("/auth/me", "/users", "/api-keys", "/settings", "/channels", "/tenant", "/audit-log", "/auth/sessions")
    shown = {path: remains.account.api.get(path) for path in (*reads, "/messages", "/conversations")}
    assert {answer.status for answer in shown.values()} == {200}
    assert leaks(remains.canaries.known, {path: answer.response.text for path, answer in shown.items()}) == []


def test_a_colleague_sees_no_secret_of_the_business_and_nothing_of_its_plan(remains: Remains) -> None:
    """S-23: not even masked."""
    colleague = remains.account.colleague
    closed = ("/settings", "/channels", "/usage", "/subscription", "/api-keys", "/audit-log", "/users")
    assert {colleague.get(path).code for path in closed} == {"gateway.role_forbids"}
    open_ = ("/auth/me", "/auth/sessions", "/tenant", "/salons", "/messages", "/conversations")
    shown = {path: colleague.get(path) for path in open_}
    assert {answer.status for answer in shown.values()} == {200}
    assert leaks(remains.canaries.known, {path: answer.response.text for path, answer in shown.items()}) == []
    assert set(shown["/tenant"].data) & {"limits", "plans", "usage", "credentials", "accessToken"} == set()


def test_a_password_for_the_mail_server_is_not_in_the_log_of_who_fails_with_it(
    api: Api, settings: dict[str, str], tmp_path: Path, stored: Stored
) -> None:
    """A further process, with a mail server that wants no password: each letter that it gets fails, and is retried."""
    canaries, log = Canaries(), tmp_path / "auth-events.log"
    with running_sink() as sink:
        password = canaries.new("password of the mail server")
        url = sink.smtp_url.replace("smtp://", f"smtp://{canaries.new('user of the mail server')}:{password}@")
        with _further_process(settings | {"SMTP_URL": url, "LOG_LEVEL": "DEBUG"}, log):
            eventually("its start", lambda: "started" in log.read_text(), 30.0)

            def failed() -> bool:
                told = register(api, email=new_email("unlucky"))
                api.as_caller(told["token"]).post("/auth/send-verification", {})
                return "mail_unavailable" in log.read_text() or "MailUnavailable" in log.read_text()

            eventually("a letter that fails", failed, 40.0)
        assert sink.sink.messages == []
    assert leaks(canaries.known, {"log": log.read_text(), **dump(stored)}) == []


@contextmanager
def _further_process(settings: dict[str, str], log: Path) -> Iterator[None]:
    own = {name: value for name, value in settings.items() if not name.endswith("_HEALTH_URL")}
    env = {name: value for name, value in base_environment().items() if name not in settings}
    env |= visible_settings("auth", own) | {"HEALTH_HOST": HOST, "HEALTH_PORT": "0"}
    command = [sys.executable, "-m", "services.common.kit.run", "auth", "events"]
    with log.open("w") as output:
        process = subprocess.Popen(command, env=env, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        process.terminate()
        assert process.wait(30) is not None


@pytest.mark.parametrize("form", range(3))
def test_a_secret_that_lies_around_is_found_in_every_form(form: int) -> None:
    """The search finds what it is there to find."""
    canaries = Canaries()
    secret = canaries.new("token", "a+/{}?=")
    written = [
        secret,
        f"\\x00{secret.encode().hex()}",
        base64.b64encode(b"x" * form + secret.encode() + b"yz").decode(),
    ]
    for text in written:
        assert leaks(canaries.known, {"here": f"before {text} after"}) == ["token (0) in here"]
    assert leaks(canaries.known, {"here": "nothing"}) == []
    assert len(forms_of(secret)) > 4
