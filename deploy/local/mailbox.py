"""The folder that mails are written to where no mail server is named."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email.parser import BytesHeaderParser
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
    """Everybody's mails. A letter never changes: whom it is for is read once, and all of it only when somebody asks."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._readers: dict[Path, str] = {}

    def letters_to(self, address: str, subject: str = "") -> list[Letter]:
        """Those with these words in their subject, the oldest first: a letter's file has its time in its name."""
        for path in self._folder.glob("*.eml"):
            if path not in self._readers:
                self._readers[path] = str(BytesHeaderParser().parsebytes(path.read_bytes())["To"]).strip()
        letters = (_read(path) for path, reader in sorted(self._readers.items()) if reader == address)
        return [letter for letter in letters if subject in letter.subject]


def _read(path: Path) -> Letter:
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    body = message.get_body(("plain",))
    return Letter(str(message["To"]), str(message["Subject"]), body.get_content() if body is not None else "")
