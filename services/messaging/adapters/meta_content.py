"""What a WhatsApp message says: one reader for each type, from the provider's form to ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import orjson

from services.common.contracts.messaging import MessageType
from services.messaging.adapters import meta_json

Raw = dict[str, Any]

_DEEPEST_ANSWER = 32


class Said(NamedTuple):
    """The content of a message, the words in it that can be searched, and whether a customer's opens the window."""

    type: MessageType
    content: Raw
    text: str | None = None
    opens_window: bool = True


class _Unreadable(Exception):
    """The body is not what its type promises; the message is kept as it came."""


def read(message: Raw) -> Said:
    """Never raises: what is not understood becomes `UNKNOWN` with the raw message."""
    kind = message.get("type")
    reader = _READERS.get(kind) if isinstance(kind, str) else _reader_without_type(message)
    if reader is None:
        return _unknown(message)
    try:
        said = reader(message)
    except _Unreadable:
        return _unknown(message)
    said.content.update(_circumstances(message))
    return said


def _reader_without_type(message: Raw) -> Callable[[Raw], Said] | None:
    """An old sample has no type; the one body that it carries tells."""
    found = [reader for kind, reader in _READERS.items() if kind in message]
    return found[0] if len(found) == 1 else None


def _unknown(message: Raw) -> Said:
    return Said(MessageType.UNKNOWN, {"raw": message})


def _circumstances(message: Raw) -> Raw:
    """Forwarded, asked about a product, came from an advertisement, arrived with errors."""
    found: Raw = {}
    context = message.get("context")
    if isinstance(context, dict):
        if context.get("forwarded") is True:
            found["forwarded"] = True
        if context.get("frequently_forwarded") is True:
            found["frequentlyForwarded"] = True
        if "referred_product" in context:
            found["referredProduct"] = camel(context["referred_product"])
    if "referral" in message:
        found["referral"] = camel(message["referral"])
    if message.get("errors"):
        found["errors"] = camel(message["errors"])
    return found


def camel(value: Any) -> Any:
    """The same JSON with camelCase names."""
    if isinstance(value, dict):
        return {_camel_name(key): camel(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [camel(inner) for inner in value]
    return value


def _camel_name(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def _object(message: Raw, name: str) -> Raw:
    body = message.get(name)
    if not isinstance(body, dict):
        raise _Unreadable
    return body


def _words(*parts: Any) -> str | None:
    return " ".join(part for part in parts if isinstance(part, str) and part) or None


def _text(message: Raw) -> Said:
    body = _object(message, "text").get("body")
    if not isinstance(body, str):
        raise _Unreadable
    return Said(MessageType.TEXT, {"text": body}, body)


def _media(kind: str, type_: MessageType) -> Callable[[Raw], Said]:
    def media(message: Raw) -> Said:
        content = camel(_object(message, kind))
        if "id" in content:
            content["mediaId"] = content.pop("id")
        return Said(type_, content, _words(content.get("caption"), content.get("filename")))

    return media


def _location(message: Raw) -> Said:
    content = camel(_object(message, "location"))
    return Said(MessageType.LOCATION, content, _words(content.get("name"), content.get("address")))


def _contacts(message: Raw) -> Said:
    cards = message.get("contacts")
    if not isinstance(cards, list):
        raise _Unreadable
    names = [card["name"].get("formatted_name") for card in cards if isinstance(card, dict) and _has_name(card)]
    return Said(MessageType.CONTACTS, {"contacts": camel(cards)}, _words(*names))


def _has_name(card: Raw) -> bool:
    return isinstance(card.get("name"), dict)


def _reaction(message: Raw) -> Said:
    """Taking a reaction back leaves the emoji out, or empty. Whether reactions open the window is not documented."""
    body = _object(message, "reaction")
    content = {"messageId": body.get("message_id"), "emoji": body.get("emoji") or None}
    return Said(MessageType.REACTION, content, None, opens_window=False)


def _interactive(message: Raw) -> Said:
    body = _object(message, "interactive")
    kind = body.get("type")
    reply = body.get(kind) if isinstance(kind, str) else None
    if not isinstance(reply, dict):
        raise _Unreadable
    content = {"kind": kind, **camel(reply)}
    if kind == "nfm_reply":
        content["response"] = _flow_answer(reply.get("response_json"))
    return Said(MessageType.INTERACTIVE, content, _words(reply.get("title"), reply.get("description")))


def _flow_answer(text: Any) -> Any:
    """What the form sent: JSON inside JSON, which may be broken or beyond reason. The text of it is kept beside."""
    try:
        answer = orjson.loads(text)
    except (orjson.JSONDecodeError, TypeError):
        return None
    return None if meta_json.is_deeper(answer, _DEEPEST_ANSWER) else meta_json.storable(answer)


def _button(message: Raw) -> Said:
    content = camel(_object(message, "button"))
    return Said(MessageType.BUTTON, content, _words(content.get("text")))


def _order(message: Raw) -> Said:
    content = camel(_object(message, "order"))
    return Said(MessageType.ORDER, content, _words(content.get("text")))


def _system(message: Raw) -> Said:
    content = camel(_object(message, "system"))
    return Said(MessageType.SYSTEM, content, _words(content.get("body")), opens_window=False)


def _revoke(message: Raw) -> Said:
    original = _object(message, "revoke").get("original_message_id")
    return Said(MessageType.SYSTEM, {"type": "revoke", "originalMessageId": original}, None, opens_window=False)


def _edit(message: Raw) -> Said:
    """The new version of an earlier message, read like a message of its own."""
    body = _object(message, "edit")
    edited = body.get("message")
    now = read(edited) if isinstance(edited, dict) else _unknown(message)
    content = {
        "type": "edit",
        "originalMessageId": body.get("original_message_id"),
        "messageType": now.type.value,
        "content": now.content,
    }
    return Said(MessageType.SYSTEM, content, now.text, opens_window=False)


_READERS: dict[str, Callable[[Raw], Said]] = {
    "text": _text,
    "image": _media("image", MessageType.IMAGE),
    "video": _media("video", MessageType.VIDEO),
    "audio": _media("audio", MessageType.AUDIO),
    "document": _media("document", MessageType.DOCUMENT),
    "sticker": _media("sticker", MessageType.STICKER),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "interactive": _interactive,
    "button": _button,
    "order": _order,
    "system": _system,
    "revoke": _revoke,
    "edit": _edit,
}
