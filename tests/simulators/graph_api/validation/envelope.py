"""The part that all sends share: recipient, type, context, callback data."""

import re
from dataclasses import dataclass
from typing import Any

from tests.simulators.graph_api.errors import GraphError, parameter_missing
from tests.simulators.graph_api.validation.content import (
    CONTENT,
    MEDIA_TYPES,
    check_card_names,
    check_media_source,
)
from tests.simulators.graph_api.validation.interactive import check_interactive
from tests.simulators.graph_api.validation.shape import Anything, Choice, Members, Text, wrong
from tests.simulators.graph_api.validation.template import check_template_shape
from tests.simulators.graph_api.wire import JsonObject

USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
PHONE = re.compile(r"\+?\d{5,20}")
PUNCTUATION = re.compile(r"[\s()-]")
TYPES = (*CONTENT, "interactive", "template")

PRODUCT = Choice(("whatsapp",))
ENVELOPE = Members(
    {"messaging_product": PRODUCT},
    {
        "recipient_type": Choice(("individual",)),
        "to": Text(),
        "recipient": Text(),
        "type": Choice(TYPES),
        "context": Members({"message_id": Text()}),
        "biz_opaque_callback_data": Text(512, shortest=0),
        "recipient_identity_key_hash": Text(),
        "messaging_account_id": Text(),
        **dict.fromkeys(TYPES, Anything()),
    },
)
READ_MARK = Members(
    {"messaging_product": PRODUCT, "status": Choice(("read",)), "message_id": Text()},
    {"typing_indicator": Members({"type": Choice(("text",))})},
)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A send that is well formed; `recipient` is digits, with `+` if written so, or a user id."""

    type: str
    content: Any
    input: str
    recipient: str
    by_user_id: bool
    biz_opaque_callback_data: str | None

    @property
    def text(self) -> str:
        """The words a person would read, or what comes nearest to them."""
        if self.type == "text":
            return str(self.content["body"])
        if self.type == "template":
            return str(self.content["name"])
        if self.type == "interactive":
            return str(self.content.get("body", {}).get("text", ""))
        return str(self.content.get("caption", "")) if self.type in MEDIA_TYPES else ""


def check_send(body: JsonObject | None) -> Outgoing:
    """Return what a body asks to send, or refuse it."""
    body = _with_product(body)
    ENVELOPE.check(body, "message")
    kind = body.get("type", "text")
    if body.get(kind) is None:
        raise parameter_missing(kind)
    unused = next((other for other in TYPES if other != kind and other in body), None)
    if unused is not None:
        raise wrong(unused, f"must not be given with type {kind}.")
    _check_content(kind, body[kind])
    if kind == "reaction" and "context" in body:
        raise wrong("context", "must not be given for a reaction.")
    recipient, by_user_id = _recipient(body)
    written = body.get("to") or body["recipient"]
    return Outgoing(kind, body[kind], written, recipient, by_user_id, body.get("biz_opaque_callback_data"))


def check_read_mark(body: JsonObject) -> str:
    """Return the id of the message to mark as read."""
    READ_MARK.check(_with_product(body), "message")
    return str(body["message_id"])


def _with_product(body: JsonObject | None) -> JsonObject:
    if body is None or "messaging_product" not in body:
        text = "The parameter messaging_product is required."
        details = text if body is not None else f"{text} The body must be a JSON object, sent as application/json."
        raise GraphError(100, details, message=f"(#100) {text}")
    return body


def _check_content(kind: str, content: Any) -> None:
    if kind == "interactive":
        check_interactive(content)
    elif kind == "template":
        check_template_shape(content)
    else:
        CONTENT[kind].check(content, kind)
    if kind in MEDIA_TYPES:
        check_media_source(content, kind)
    elif kind == "contacts":
        check_card_names(content)


def _recipient(body: JsonObject) -> tuple[str, bool]:
    if "to" in body:
        plain = PUNCTUATION.sub("", body["to"])
        if USER_ID.fullmatch(plain):
            raise GraphError(131026, "A user id belongs into 'recipient'.")
        if not PHONE.fullmatch(plain):
            raise wrong("to", "must be a phone number.")
        return plain, False
    if "recipient" not in body:
        raise parameter_missing("to")
    if not USER_ID.fullmatch(body["recipient"]):
        raise wrong("recipient", "must be a business-scoped user id.")
    return body["recipient"], True
