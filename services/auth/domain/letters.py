"""The mails that we write: plain words, and the same as simple HTML."""

from __future__ import annotations

import enum
import html
import unicodedata
from dataclasses import dataclass
from datetime import timedelta

from services.auth.domain.tokens import LIFETIME, Purpose

PATIENCE_WITHOUT_TOKEN = timedelta(days=2)
MOST_IN_AN_HOUR = 5
"""Letters of one kind to one address: nobody's mailbox is flooded through us."""


class LetterKind(enum.StrEnum):
    """Why we write."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    RESET_PASSWORD = "RESET_PASSWORD"  # noqa: S105  a name, no password
    INVITATION = "INVITATION"
    CHANGE_EMAIL = "CHANGE_EMAIL"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    TELEGRAM_LINKED = "TELEGRAM_LINKED"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105  a name, no password
    MFA_ENABLED = "MFA_ENABLED"
    MFA_DISABLED = "MFA_DISABLED"


PURPOSE = {
    LetterKind.VERIFY_EMAIL: Purpose.VERIFY_EMAIL,
    LetterKind.RESET_PASSWORD: Purpose.RESET_PASSWORD,
    LetterKind.INVITATION: Purpose.ACCEPT_INVITATION,
    LetterKind.CHANGE_EMAIL: Purpose.CHANGE_EMAIL,
}
"""What the token in a letter does, where there is one."""

_PAGE = {
    LetterKind.VERIFY_EMAIL: "verify-email",
    LetterKind.RESET_PASSWORD: "reset-password",
    LetterKind.INVITATION: "accept-invitation",
    LetterKind.CHANGE_EMAIL: "verify-email",
}
_WORDS: dict[LetterKind, tuple[str, str, str]] = {
    LetterKind.VERIFY_EMAIL: (
        "Please confirm your e-mail address",
        "please confirm that this address is yours. The link is good for 24 hours.",
        "If you did not sign up, you need do nothing.",
    ),
    LetterKind.RESET_PASSWORD: (
        "Set a new password",
        "somebody, we hope you, asked for a new password. The link is good for one hour and works once.",
        "If it was not you, you need do nothing: your password stays as it is.",
    ),
    LetterKind.INVITATION: (
        "You are invited to {business}",
        "{business} invites you to work together in Frontdesk. The link is good for seven days.",
        "If you don't know what this is about, you need do nothing.",
    ),
    LetterKind.CHANGE_EMAIL: (
        "Please confirm your new e-mail address",
        "please confirm that this is to be the address of your account. The link is good for 24 hours.",
        "If you did not ask for it, you need do nothing.",
    ),
    LetterKind.EMAIL_CHANGED: (
        "Your e-mail address was changed",
        "your account has another e-mail address from now on. This is the last letter to this one.",
        "If it was not you, tell the owner of your business at once.",
    ),
    LetterKind.TELEGRAM_LINKED: (
        "Telegram was linked to your account",
        "from now on, you can sign in to your account by Telegram as well.",
        "If it was not you, set a new password, undo the link and tell the owner of your business at once.",
    ),
    LetterKind.PASSWORD_CHANGED: (
        "Your password was changed",
        "the password of your account was just changed. All other sessions have ended.",
        "If it was not you, set a new password at once and tell the owner of your business.",
    ),
    LetterKind.MFA_ENABLED: (
        "Your second factor is on",
        "from now on, signing in to your account takes a code from your authenticator as well.",
        "If it was not you, tell the owner of your business at once.",
    ),
    LetterKind.MFA_DISABLED: (
        "Your second factor is off",
        "signing in to your account takes the password alone from now on.",
        "If it was not you, set a new password at once and tell the owner of your business.",
    ),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A mail, ready to be put into an envelope. `key` stays the same however often it is tried."""

    key: str
    to: str
    subject: str
    text: str
    html: str


def patience_of(kind: LetterKind) -> timedelta:
    """How long a letter is worth sending."""
    purpose = PURPOSE.get(kind)
    return PATIENCE_WITHOUT_TOKEN if purpose is None else LIFETIME[purpose]


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a letter is for."""

    address: str
    name: str
    business: str


def compose(kind: LetterKind, key: str, reader: Reader, link: str | None) -> Draft:
    """The words of a letter. Names are people's own input: they can't begin a new line, a header or a tag."""
    subject, body, end = (part.format(business=one_line(reader.business)) for part in _WORDS[kind])
    greeting = f"Hello {one_line(reader.name)}," if reader.name.strip() else "Hello,"
    paragraphs = [greeting, body, *([link] if link else []), end]
    marked = "\n".join(f"<p>{_marked(part, link)}</p>" for part in paragraphs)
    page = f'<!doctype html><html lang="en"><body style="font-family:sans-serif">{marked}</body></html>'
    return Draft(key, reader.address, subject, "\n\n".join(paragraphs) + "\n", page)


def link_of(kind: LetterKind, public_url: str, token: str) -> str:
    """Behind `#`, so that the token stands in no server's log and no `Referer`."""
    return f"{public_url.rstrip('/')}/{_PAGE[kind]}#token={token}"


def one_line(text: str) -> str:
    """The text without characters of control, which could end a line or turn its direction."""
    kept = (" " if unicodedata.category(character).startswith(("C", "Z")) else character for character in text)
    return " ".join("".join(kept).split())


def _marked(part: str, link: str | None) -> str:
    safe = html.escape(part)
    return f'<a href="{safe}">{safe}</a>' if part == link else safe
