"""The folder that mails are written to where no mail server is named."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from tests.e2e.patience import eventually

_TOKEN = re.compile(r"#token=(\S+)")


@dataclass(frozen=True)
class Letter:
    """One mail, as somebody without pictures reads it."""

    to: str
    subject: str
    text: str

    @property
    def token(self) -> str:
        """What is behind the link."""
        (token,) = _TOKEN.findall(self.text)
        return str(token)


class Mailbox:
    """Everybody's mails. A letter never changes, so each is read once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Letter] = {}

    def letters_to(self, address: str) -> list[Letter]:
        """The oldest first: a letter's file has its time in its name."""
        for path in self._folder.glob("*.eml"):
            if path.name not in self._known:
                self._known[path.name] = _read(path)
        return [letter for _, letter in sorted(self._known.items()) if letter.to == address]

    def await_letter(self, address: str, subject: str, number: int = 1) -> Letter:
        """The first letter with these words in its subject, or the second …, once it is there."""

        def found() -> Letter | None:
            fitting = [letter for letter in self.letters_to(address) if subject in letter.subject]
            return fitting[number - 1] if len(fitting) >= number else None

        return eventually(f"letter {number} to {address}: {subject}", found)


def _read(path: Path) -> Letter:
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("plain",))
    assert body is not None
    return Letter(str(message["To"]), str(message["Subject"]), body.get_content())
