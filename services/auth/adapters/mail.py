"""Mail: through an SMTP server; without one into a folder, to be looked at, and a line in the log."""

from __future__ import annotations

import os
import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import idna

from services.auth.domain.letters import Draft, one_line
from services.auth.settings import AuthSettings
from services.common.contracts.errors import Unavailable
from services.common.kit import clock
from services.common.kit.logging import get_logger

log = get_logger(__name__)

_PATIENCE = 15.0
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PERMANENT = 500


class MailUnavailable(Unavailable):
    """The mail server is away, or takes nothing from us at the moment."""

    code = "auth.mail_unavailable"


class MailRefused(Exception):
    """The mail server will never take this letter."""


class Mailer(Protocol):
    """Hands a letter over. Raises `MailUnavailable`, after which it may be tried again, or `MailRefused`."""

    def send(self, draft: Draft) -> None: ...


def mailer_of(settings: AuthSettings) -> Mailer:
    """The way that the settings name."""
    sender = Sender.of(settings.mail_from)
    if settings.smtp_url:
        return SmtpMailer(SmtpServer.of(settings.smtp_url), sender)
    return FolderMailer(Path(settings.mailbox_dir) if settings.mailbox_dir else None, sender)


@dataclass(frozen=True, slots=True)
class Sender:
    """From whom mails come."""

    name: str
    address: str

    @classmethod
    def of(cls, text: str) -> Sender:
        """Read `Frontdesk <no-reply@frontdesk.example>`."""
        name, address = parseaddr(text)
        if "@" not in address:
            raise ValueError("MAIL_FROM names no address")
        return cls(name, address)


def message_of(draft: Draft, sender: Sender) -> EmailMessage:
    """The message. Its id is that of the letter, so that a mailbox knows one that comes a second time."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(sender.name, addr_spec=sender.address)
    message["To"] = Address(addr_spec=deliverable(draft.to))
    message["Subject"] = one_line(draft.subject)
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{draft.key}@{sender.address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(draft.text, cte=_encoding_of(draft.text))
    message.add_alternative(draft.html, subtype="html", cte=_encoding_of(draft.html))
    return message


def deliverable(address: str) -> str:
    """The address with its domain in ASCII, which every mail server takes. Raises `ValueError` for one that is none."""
    local, at, domain = address.rpartition("@")
    return local + at + (domain if domain.isascii() else idna.encode(domain, uts46=True).decode())


def _encoding_of(text: str) -> str:
    """Plain where it can be: a link that is longer than a line of mail stays in one piece."""
    return "7bit" if text.isascii() else "quoted-printable"


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """`smtp://user:password@host:port`: with STARTTLS where it is offered; `smtps://` for TLS from the first byte."""

    host: str
    port: int
    is_tls: bool
    user: str | None
    password: str | None
    verifies: bool

    @classmethod
    def of(cls, url: str) -> SmtpServer:
        """Raises `ValueError`, which does not quote the URL, for one that is none."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("SMTP_URL must be smtp://host:port or smtps://host:port")
        is_tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if is_tls else 25),
            is_tls=is_tls,
            user=None if parts.username is None else unquote(parts.username),
            password=None if parts.password is None else unquote(parts.password),
            verifies=parse_qs(parts.query).get("verify") != ["false"],
        )

    def context(self) -> ssl.SSLContext:
        """Certificates are checked, unless the URL says `?verify=false`."""
        context = ssl.create_default_context()
        if not self.verifies:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


class SmtpMailer:
    """One connection for each letter: mail is rare, and a connection that sleeps is closed by the other side."""

    def __init__(self, server: SmtpServer, sender: Sender) -> None:
        self._server = server
        self._sender = sender

    def send(self, draft: Draft) -> None:
        """Raises as `Mailer` says. A connection that is lost before the last answer counts as not sent."""
        try:
            message = message_of(draft, self._sender)
        except ValueError as error:
            raise MailRefused("the address can't be written to") from error
        try:
            with self._connect() as connection:
                self._hand_over(message, connection)
        except smtplib.SMTPRecipientsRefused as error:
            self._refused(error, max((code for code, _ in error.recipients.values()), default=0))
        except smtplib.SMTPDataError as error:
            self._refused(error, error.smtp_code)
        except (smtplib.SMTPException, OSError) as error:
            raise MailUnavailable(type(error).__name__) from error

    def _hand_over(self, message: EmailMessage, connection: smtplib.SMTP) -> None:
        try:
            connection.send_message(message, self._sender.address)
        except smtplib.SMTPNotSupportedError as error:
            raise MailRefused("the mail server takes no address that is not ASCII") from error

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        if server.is_tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=_PATIENCE, context=server.context()
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=_PATIENCE)
        try:
            self._greet(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _greet(self, connection: smtplib.SMTP) -> None:
        connection.ehlo_or_helo_if_needed()
        is_private = self._server.is_tls or self._server.host in _LOOPBACK
        if not self._server.is_tls and connection.has_extn("starttls"):
            connection.starttls(context=self._server.context())
            is_private = True
        if self._server.user is not None:
            if not is_private:
                raise MailUnavailable("The mail server offers no encryption for the password.")
            connection.login(self._server.user, self._server.password or "")

    @staticmethod
    def _refused(error: smtplib.SMTPException, code: int) -> None:
        if code >= _PERMANENT:
            raise MailRefused(f"the mail server answered {code}") from error
        raise MailUnavailable(f"the mail server answered {code}") from error


class FolderMailer:
    """Where no mail server is named: each letter is a file of its own, or only a line in the log."""

    def __init__(self, folder: Path | None, sender: Sender) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, draft: Draft) -> None:
        """Written under another name first, so that who watches the folder sees whole letters only."""
        try:
            content = message_of(draft, self._sender).as_bytes()
        except ValueError as error:
            raise MailRefused("the address can't be written to") from error
        if self._folder is None:
            log.warning("mail_not_sent", letter_id=draft.key, reason="neither SMTP_URL nor MAILBOX_DIR is set")
            return
        try:
            _write(self._folder, draft.key, content)
        except OSError as error:
            raise MailUnavailable(type(error).__name__) from error
        log.info("mail_written", letter_id=draft.key)


def _write(folder: Path, key: str, content: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f".{key}.part"
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    unfinished.replace(folder / f"{key}.eml")
