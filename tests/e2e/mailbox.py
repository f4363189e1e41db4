"""The folder that mails are written to where no mail server is named, as tests wait for them."""

from __future__ import annotations

from deploy.local import mailbox
from deploy.local.mailbox import Letter
from tests.e2e.patience import eventually

__all__ = ["Letter", "Mailbox"]


class Mailbox(mailbox.Mailbox):
    """Everybody's mails."""

    def await_letter(self, address: str, subject: str, number: int = 1) -> Letter:
        """The first letter with these words in its subject, or the second …, once it is there."""

        def found() -> Letter | None:
            fitting = self.letters_to(address, subject)
            return fitting[number - 1] if len(fitting) >= number else None

        return eventually(f"letter {number} to {address}: {subject}", found)
