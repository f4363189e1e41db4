"""Mail over SMTP and into a folder: whole, safe to read, tried again or given up as the server says."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
import requests

from services.auth.adapters.mail import FolderMailer, MailRefused, MailUnavailable, Sender, SmtpMailer, SmtpServer
from services.auth.domain import letters
from services.auth.domain.letters import Draft, LetterKind
from tests.simulators.smtp_sink import FaultKind, running_sink
from tests.simulators.smtp_sink.server import RunningSink

SENDER = Sender.of("Frontdesk <no-reply@frontdesk.example>")


@pytest.fixture
def sink() -> Iterator[RunningSink]:
    with running_sink() as running:
        yield running


def mailer(sink: RunningSink) -> SmtpMailer:
    return SmtpMailer(SmtpServer.of(sink.smtp_url), SENDER)


def draft(business: str = "Salon Rosa", to: str = "ann@salon.example") -> Draft:
    reader = letters.Reader(to, "Анна", business)
    return letters.compose(LetterKind.INVITATION, "letter-1", reader, "https://desk.example/accept#token=t0")


def test_a_letter_arrives_as_text_and_as_html(sink: RunningSink) -> None:
    mailer(sink).send(draft())
    (received,) = requests.get(f"{sink.control_url}/messages", timeout=5).json()["messages"]
    assert received["recipients"] == ["ann@salon.example"]
    assert received["headers"]["Subject"] == "You are invited to Salon Rosa"
    assert received["headers"]["Message-ID"] == "<letter-1@frontdesk.example>"
    assert "Hello Анна," in received["text"]
    assert "https://desk.example/accept#token=t0" in received["text"]
    assert '<a href="https://desk.example/accept#token=t0">' in received["html"]


@pytest.mark.parametrize("name", ["Rosa\r\nBcc: all@world.example", "Rosa\nX: 1", "Rosa\u2028Bcc: x", "Ro\x00sa"])
def test_no_name_adds_a_header(sink: RunningSink, name: str) -> None:
    mailer(sink).send(draft(business=name))
    message = sink.sink.messages[0].message
    assert {"bcc", "x"} & {header.lower() for header in message.keys()} == set()  # noqa: SIM118  a message is no dict
    assert message["To"] == "ann@salon.example"
    assert sink.sink.messages[0].recipients == ["ann@salon.example"]


@pytest.mark.parametrize(
    "to", ["ann@salon.example\r\nRCPT TO:<x@y.example>", "ann", "a b@c.example", "анна@salon.example"]
)
def test_an_address_that_cannot_be_written_to_is_refused(sink: RunningSink, to: str) -> None:
    with pytest.raises(MailRefused):
        mailer(sink).send(draft(to=to))
    assert sink.sink.messages == []


@pytest.mark.parametrize("kind", [FaultKind.TRY_LATER, FaultKind.BUSY, FaultKind.CUT_BEFORE_ACCEPT])
def test_what_may_pass_is_to_be_tried_again(sink: RunningSink, kind: FaultKind) -> None:
    sink.sink.fail(kind)
    with pytest.raises(MailUnavailable):
        mailer(sink).send(draft())
    mailer(sink).send(draft())
    assert len(sink.sink.messages) == 1


def test_an_answer_that_was_lost_means_the_same_letter_twice(sink: RunningSink) -> None:
    sink.sink.fail(FaultKind.CUT_AFTER_ACCEPT)
    with pytest.raises(MailUnavailable):
        mailer(sink).send(draft())
    mailer(sink).send(draft())
    assert {received.message["Message-ID"] for received in sink.sink.messages} == {"<letter-1@frontdesk.example>"}


def test_what_is_refused_for_good_is_given_up(sink: RunningSink) -> None:
    requests.post(f"{sink.control_url}/faults", json={"kind": "REFUSE"}, timeout=5)
    with pytest.raises(MailRefused):
        mailer(sink).send(draft())


def test_nobody_there_is_no_loss() -> None:
    with pytest.raises(MailUnavailable):
        SmtpMailer(SmtpServer.of("smtp://127.0.0.1:1"), SENDER).send(draft())


def test_a_password_does_not_travel_in_the_clear() -> None:
    server = SmtpServer.of("smtp://me:p%40ss@mail.example:2525")
    assert (server.host, server.port, server.user, server.password) == ("mail.example", 2525, "me", "p@ss")
    with pytest.raises(ValueError, match="SMTP_URL") as caught:
        SmtpServer.of("http://me:secret@mail.example")
    assert "secret" not in str(caught.value)


def test_without_a_server_a_letter_is_a_file_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mailbox"
    for _ in range(2):
        FolderMailer(folder, SENDER).send(draft())
    (file,) = folder.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert message["Subject"] == "You are invited to Salon Rosa"


def test_the_log_holds_no_token(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    FolderMailer(None, SENDER).send(draft())
    shown = capsys.readouterr()
    written = shown.out + shown.err + caplog.text  # the latter where a test before has set the log up as a process does
    assert "mail_not_sent" in written
    assert "t0" not in written


def test_an_address_with_a_domain_of_other_letters_is_written_to(sink: RunningSink) -> None:
    """Not by the older rules, which make another domain of it: strasse."""
    mailer(sink).send(draft(to="rosa@straße.example"))
    (received,) = requests.get(f"{sink.control_url}/messages", timeout=5).json()["messages"]
    assert "rosa@xn--strae-oqa.example" in str(received)


@pytest.mark.parametrize("address", ["é@salon.example", "rosa@-ö-.example", f"rosa@{'ö' * 80}.example"])
def test_an_address_that_nobody_can_write_to_is_given_up(sink: RunningSink, address: str) -> None:
    with pytest.raises(MailRefused):
        mailer(sink).send(draft(to=address))
