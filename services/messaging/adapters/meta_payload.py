"""Reads a WhatsApp webhook: raw bytes in, every single item of it out. Never raises, never drops."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import orjson

from services.common.contracts.messaging import Direction, MessageType
from services.messaging.adapters import meta_content, meta_json, meta_people
from services.messaging.adapters.graph_templates import read_news
from services.messaging.domain.items import (
    AccountItem,
    BrokenItem,
    IgnoredItem,
    Item,
    MessageItem,
    Person,
    Route,
    StatusItem,
    TemplateItem,
    UnknownItem,
)
from services.messaging.domain.phones import digits_of
from services.messaging.domain.statuses import PROVIDER_STATUSES

Raw = dict[str, Any]
Reader = Callable[[Any, Raw, Route, str], Item]

_OBJECT = "whatsapp_business_account"
_NO_ROUTE = Route(None)
_LONGEST_NAME = 100
_TEMPLATE_STATUS = "message_template_status_update"

ACCOUNT_FIELDS = frozenset(
    {
        "account_alerts",
        "account_review_update",
        "account_settings_update",
        "account_update",
        "automatic_events",
        "business_capability_update",
        "business_status_update",
        "business_username_update",
        "business_username_updates",
        "calls",
        "flows",
        "group_lifecycle_update",
        "group_participants_update",
        "group_settings_update",
        "group_status_update",
        "history",
        "message_template_components_update",
        "message_template_quality_update",
        _TEMPLATE_STATUS,
        "messaging_handovers",
        "partner_solutions",
        "payment_configuration_update",
        "phone_number_name_update",
        "phone_number_quality_update",
        "security",
        "smb_app_state_sync",
        "standby",
        "template_category_update",
        "user_preferences",
    }
)


def parse(raw: bytes) -> list[Item]:
    """Every item of the body, each with its path. A body without any becomes one item that says why."""
    try:
        payload = meta_json.load(raw)
    except (ValueError, RecursionError) as error:
        return [BrokenItem("$", "body", _NO_ROUTE, None, "", f"The body is not JSON: {error}")]
    if not isinstance(payload, dict):
        return [_ignored("$", "body", "The body is not an object.")]
    if payload.get("object") != _OBJECT:
        return [_ignored("$", "body", f"Another object: {str(payload.get('object'))[:100]}.")]
    entries = payload.get("entry")
    if not isinstance(entries, list) or not entries:
        return [_ignored("entry", "body", "There is no entry.")]
    return [item for i, entry in enumerate(entries) for item in _entry(entry, f"entry[{i}]")]


def _entry(entry: Any, path: str) -> Iterator[Item]:
    changes = entry.get("changes") if isinstance(entry, dict) else None
    if not isinstance(changes, list) or not changes:
        reason = "The entry holds no changes."
        yield _ignored(path, "entry", reason) if isinstance(entry, dict) else _unknown(entry, path, _NO_ROUTE, reason)
        return
    for j, change in enumerate(changes):
        yield from _change(entry, change, f"{path}.changes[{j}]")


def _change(entry: Raw, change: Any, path: str) -> Iterator[Item]:
    value = change.get("value") if isinstance(change, dict) else None
    if not isinstance(value, dict):
        yield _unknown(change, path, Route(None, meta_people.id_texts(entry.get("id"))), "The change holds no object.")
        return
    field = _field(change, value)
    route = _route(entry, value)
    if field in _ARRAYS:
        yield from _arrays(field, value, route, path)
    elif field in ACCOUNT_FIELDS:
        yield _readable(_account, entry, change, field, route, path)
    else:
        yield _readable(_unknown, change, path, route, f"The field {field!r} is not known.", field)


def _readable(read: Callable[..., Item], *arguments: Any) -> Item:
    """The item, or, where it is nested more deeply than anything real, one that says so; the body has it whole."""
    try:
        return read(*arguments)
    except (RecursionError, orjson.JSONEncodeError):
        path, route = _place(arguments)
        return BrokenItem(path, "unknown", route, None, "", "The item is nested too deeply.")


def _place(arguments: tuple[Any, ...]) -> tuple[str, Route]:
    path = next(part for part in reversed(arguments) if isinstance(part, str) and part.startswith("entry["))
    return path, next(part for part in arguments if isinstance(part, Route))


def _field(change: Raw, value: Raw) -> str:
    field = change.get("field")
    if isinstance(field, str):
        return field[:100]
    return "messages" if "messages" in value or "statuses" in value else ""


def _route(entry: Raw, value: Raw) -> Route:
    metadata, account = value.get("metadata"), value.get("waba_info")
    number = metadata.get("phone_number_id") if isinstance(metadata, dict) else None
    named = account.get("waba_id") if isinstance(account, dict) else None
    shown = value.get("display_phone_number")
    display = digits_of(shown[:40]) if isinstance(shown, str) else None
    return Route(meta_people.id_text(number), meta_people.id_texts(named, entry.get("id")), display)


def _arrays(field: str, value: Raw, route: Route, path: str) -> Iterator[Item]:
    """The items of a change of messages; an array that is not known is kept as a whole."""
    readers, found = _ARRAYS[field], False
    for n, (name, content) in enumerate(value.items()):
        if isinstance(content, list) and content and name != "contacts":
            found = True
            place = f"{path}.{name if len(name) <= _LONGEST_NAME else f'{name[:_LONGEST_NAME]}~{n}'}"
            if name in readers:
                for k, raw in enumerate(content):
                    yield _readable(_reader(readers[name], route), raw, value, route, f"{place}[{k}]")
            else:
                reason = f"The array {name[:_LONGEST_NAME]!r} is not known."
                yield _readable(_unknown, content, place, _of_number(route), reason, field)
    if not found:
        yield _ignored(path, field, "The change is empty.", route)


def _reader(read: Reader, route: Route) -> Reader:
    """What customers write is for the number that they wrote to: without it, nobody can say whose it is."""
    return read if route.phone_number_id is not None or read is _error else _numberless


def _of_number(route: Route) -> Route:
    return route if route.phone_number_id is not None else _NO_ROUTE


def _numberless(raw: Any, _value: Raw, _route: Route, path: str) -> Item:
    return _unknown(raw, path, _NO_ROUTE, "The change does not name the number that it is for.", "messages")


def _message(raw: Any, value: Raw, route: Route, path: str) -> Item:
    return _read_message(raw, value, route, path, Direction.INBOUND)


def _echo(raw: Any, value: Raw, route: Route, path: str) -> Item:
    return _read_message(raw, value, route, path, Direction.OUTBOUND)


def _read_message(raw: Any, value: Raw, route: Route, path: str, direction: Direction) -> Item:
    external_id = meta_people.id_text(raw.get("id")) if isinstance(raw, dict) else None
    if external_id is None:
        return _unknown(raw, path, route, "The message has no usable id.", "messages")
    if raw.get("group_id"):
        return _unknown(raw, path, route, "Messages in groups are not filed yet.", "messages")
    at = meta_people.instant(raw.get("timestamp"))
    succession = meta_people.succession_of(raw, at) if raw.get("type") == "system" else None
    person = meta_people.other_side(raw, value, at, direction)
    if succession is not None:
        person = succession.former if succession.former.phone or succession.former.user_id else succession.present
    if person.phone is None and person.user_id is None:
        return _unknown(raw, path, route, "The message names nobody.", "messages")
    said = meta_content.read(raw)
    context = raw.get("context")
    return MessageItem(
        path=path,
        kind=f"{'message' if direction is Direction.INBOUND else 'echo'}.{_type_name(raw)}",
        route=route,
        raw=raw,
        digest=meta_json.digest_of(raw),
        external_id=external_id,
        direction=direction,
        type=said.type,
        content=_with_errors(said, value),
        text=said.text,
        person=person,
        sent_at=at,
        reply_to=meta_people.id_text(context.get("id")) if isinstance(context, dict) else None,
        opens_window=direction is Direction.INBOUND and said.opens_window,
        succession=succession,
    )


def _with_errors(said: meta_content.Said, value: Raw) -> Raw:
    """A message without its body has the reason beside it."""
    if said.type is MessageType.UNKNOWN and isinstance(value.get("errors"), list) and "errors" not in said.content:
        return {**said.content, "errors": meta_content.camel(value["errors"])}
    return said.content


def _type_name(raw: Raw) -> str:
    kind = raw.get("type")
    return kind[:60] if isinstance(kind, str) else "untyped"


def _status(raw: Any, value: Raw, route: Route, path: str) -> Item:
    status = raw.get("status") if isinstance(raw, dict) else None
    external_id = meta_people.id_text(raw.get("id")) if isinstance(raw, dict) else None
    if external_id is None or not isinstance(status, str) or status not in PROVIDER_STATUSES:
        return _unknown(raw, path, route, f"The status {str(status)[:60]!r} is not known.", "statuses")
    at = meta_people.instant(raw.get("timestamp"))
    errors, pricing = raw.get("errors"), raw.get("pricing")
    return StatusItem(
        path=path,
        kind=f"status.{status}",
        route=route,
        raw=raw,
        digest=meta_json.digest_of(raw),
        external_id=external_id,
        status=status,
        at=at,
        error=errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else None,
        pricing=pricing if isinstance(pricing, dict) else None,
        callback=meta_people.id_text(raw.get("biz_opaque_callback_data")),
        person=_recipient(raw, value, at),
    )


def _recipient(raw: Raw, value: Raw, at: datetime | None) -> Person | None:
    """Only where number and user id stand side by side: that tells something about who is who."""
    if raw.get("recipient_type") == "group":
        return None
    person = meta_people.person_of(raw.get("recipient_id"), raw.get("recipient_user_id"), value.get("contacts"), at)
    return person if person.phone and person.user_id else None


def _error(raw: Any, _value: Raw, route: Route, path: str) -> Item:
    code = raw.get("code") if isinstance(raw, dict) else None
    return AccountItem(path, "error", route, raw, meta_json.digest_of(raw), "errors", str(code)[:60], None)


def _account(entry: Raw, change: Raw, field: str, route: Route, path: str) -> Item:
    value = change["value"]
    event = value.get("event")
    # The entry's time makes two equal updates at different times two; a redelivery has the same one.
    digest = meta_json.digest_of([entry.get("id"), entry.get("time"), change])
    at = meta_people.instant(entry.get("time"))
    told = (path, field, route, value, digest, field, event[:100] if isinstance(event, str) else field, at)
    news = read_news(value, at) if field == _TEMPLATE_STATUS else None
    return AccountItem(*told) if news is None else TemplateItem(*told, news)


def _unknown(raw: Any, path: str, route: Route, reason: str, field: str = "") -> UnknownItem:
    return UnknownItem(path, "unknown", route, raw, meta_json.digest_of(raw), reason, field)


def _ignored(path: str, kind: str, reason: str, route: Route = _NO_ROUTE) -> IgnoredItem:
    return IgnoredItem(path, kind, route, None, "", reason)


_ARRAYS: dict[str, dict[str, Reader]] = {
    "messages": {"messages": _message, "statuses": _status, "errors": _error},
    "smb_message_echoes": {"message_echoes": _echo, "errors": _error},
}
