"""The folder that mails are written to where no mail server is named."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email.policy import default
from pathlib import Path

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

    def letters_to(self, address: str, subject: str = "") -> list[Letter]:
        """Those with these words in their subject, the oldest first: a letter's file has its time in its name."""
        for path in self._folder.glob("*.eml"):
            if path.name not in self._known:
                self._known[path.name] = _read(path)
        letters = (letter for _, letter in sorted(self._known.items()))
        return [letter for letter in letters if letter.to == address and subject in letter.subject]


def _read(path: Path) -> Letter:
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    body = message.get_body(("plain",))
    return Letter(str(message["To"]), str(message["Subject"]), body.get_content() if body is not None else "")
