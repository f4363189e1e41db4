"""Brings somebody into a demo tenant as any colleague comes: invited by mail, and there by the link in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from deploy.local.client import Client, Refused
from deploy.local.mailbox import Letter, Mailbox
from deploy.local.waiting import wait_for

_HTTP_GONE = 410
_INVITATION = "You are invited"


def hire(agent: tuple[str, str], owner: Client, settings: Mapping[str, str]) -> bool:
    """Whether the agent can sign in; not before the mail is answered, where a mail server takes it away from us.

    An invitation that an earlier run has sent is used; one that is over is sent anew.
    """
    address, name = agent
    user = _find(address, owner)
    if user is not None and user["status"] != "INVITED":
        return True
    by_mail = bool(settings.get("SMTP_URL"))
    mailbox = Mailbox(Path(settings["MAILBOX_DIR"]))
    letters = [] if by_mail else mailbox.letters_to(address, _INVITATION)
    if user is None:
        owner.post("/users", {"email": address, "role": "STAFF", "name": name})
    elif any(_accept(letter, name, settings) for letter in reversed(letters)):
        return True
    elif not by_mail:
        owner.post(f"/users/{user['id']}/resend-invitation", {})
    if by_mail:
        return False

    def new_letter() -> Letter | None:
        return next(iter(mailbox.letters_to(address, _INVITATION)[len(letters) :]), None)

    return _accept(wait_for(f"the invitation of {address}", new_letter), name, settings)


def _find(address: str, owner: Client) -> dict[str, Any] | None:
    found = owner.get("/users", search=address, limit=100)["users"]
    return next((user for user in found if user["email"] == address), None)


def _accept(letter: Letter, name: str, settings: Mapping[str, str]) -> bool:
    """False when the link in the letter is over."""
    form = {"token": letter.token, "name": name, "password": settings["DEMO_PASSWORD"]}
    try:
        Client(settings["GATEWAY_URL"]).post("/auth/accept-invitation", form)
    except Refused as refused:
        if refused.status != _HTTP_GONE:
            raise
        return False
    return True
