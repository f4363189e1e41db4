"""Meta at the product's door: bodies posted to the webhook, rightly or wrongly signed."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Iterable
from typing import Any

import requests

from tests.e2e.api import API, Answer
from tests.e2e.business import Business, Person

_TIMEOUT_SECONDS = 20.0


class Door:
    """Posts as Meta does. The first secret of a list signs."""

    def __init__(self, gateway_url: str, app_secrets: str) -> None:
        self.url = f"{gateway_url}{API}/webhook"
        self._secret = app_secrets.partition(",")[0].strip()
        self._session = requests.Session()

    def signature(self, body: bytes) -> str:
        """The header's value for a body."""
        return "sha256=" + hmac.new(self._secret.encode(), body, hashlib.sha256).hexdigest()

    def post(self, body: bytes, signature: str | bytes | None = None, **headers: str) -> Answer:
        """One body; signed rightly unless told otherwise. An empty signature leaves the header out."""
        given: dict[str, str | bytes] = {"Content-Type": "application/json", **headers}
        signature = self.signature(body) if signature is None else signature
        if signature:
            given["X-Hub-Signature-256"] = signature
        return Answer(self._session.post(self.url, data=body, headers=given, timeout=_TIMEOUT_SECONDS))

    def deliver(self, payload: dict[str, Any]) -> None:
        """A payload that must be taken."""
        answer = self.post(json.dumps(payload).encode())
        assert (answer.status, answer.response.text) == (200, "EVENT_RECEIVED"), answer.words

    def close(self) -> None:
        self._session.close()


def new_message_id() -> str:
    """An id as Meta makes them."""
    return f"wamid.{secrets.token_hex(16).upper()}"


def text_message(person: Person, words: str, message_id: str | None = None) -> dict[str, Any]:
    """One element of `messages`."""
    return {
        "from": person.phone,
        "id": message_id or new_message_id(),
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": words},
    }


def change(number_id: str, person: Person, *messages: dict[str, Any]) -> dict[str, Any]:
    """One element of `changes`: what one person wrote to one number."""
    return {
        "field": "messages",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550000000", "phone_number_id": number_id},
            "contacts": [{"profile": {"name": person.name}, "wa_id": person.phone}],
            "messages": list(messages),
        },
    }


def body_of(*entries: tuple[str, Iterable[dict[str, Any]]]) -> dict[str, Any]:
    """A payload; each entry is an account with its changes."""
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": account, "changes": list(changes)} for account, changes in entries],
    }


def letter_to(business: Business, person: Person, words: str, message_id: str | None = None) -> dict[str, Any]:
    """A payload with one text to one business."""
    written = text_message(person, words, message_id)
    return body_of((business.waba_id, [change(business.number_id, person, written)]))
