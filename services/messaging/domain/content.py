"""What a message of the business may hold, by the provider's rules. What is accepted here has one known shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from services.common.contracts.messaging import ContentRefused, MessageType

_TEMPLATE_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:_[A-Za-z]{2,4})?")
_LINK = re.compile(r"https?://[^\s/]+\S*")
_COMPONENTS = ("header", "body", "button")
_MOST_BUTTONS, _MOST_ROWS, _MOST_SECTIONS = 3, 10, 10
_MISSING = "Missing data for required field."


class Outgoing(NamedTuple):
    """Content that can be sent, and the words in it that can be searched."""

    content: dict[str, Any]
    text: str | None


@dataclass(slots=True)
class _Form:
    """Takes a JSON object apart and collects what is wrong with it."""

    values: dict[str, Any]
    path: str = "content"
    problems: dict[str, str] = field(default_factory=dict)
    taken: dict[str, Any] = field(default_factory=dict)

    def text(self, name: str, most: int, *, required: bool = False) -> str | None:
        value = self.values.get(name)
        if value is None:
            self._absent(name, required=required)
        elif not isinstance(value, str) or not value.strip() or len(value) > most or "\x00" in value:
            self.refuse(name, f"Must be text of 1 to {most} characters.")
        else:
            self.taken[name] = value
            return value
        return None

    def match(self, name: str, pattern: re.Pattern[str], rule: str, *, required: bool = False) -> None:
        value = self.values.get(name)
        if value is None:
            self._absent(name, required=required)
        elif not isinstance(value, str) or not pattern.fullmatch(value):
            self.refuse(name, rule)
        else:
            self.taken[name] = value

    def number(self, name: str, most: float) -> None:
        value = self.values.get(name)
        if value is None:
            self._absent(name, required=True)
        elif isinstance(value, bool) or not isinstance(value, int | float) or not -most <= value <= most:
            self.refuse(name, f"Must be a number from {-most:g} to {most:g}.")
        else:
            self.taken[name] = value

    def flag(self, name: str) -> None:
        value = self.values.get(name)
        if value is not None and not isinstance(value, bool):
            self.refuse(name, "Must be true or false.")
        elif value is not None:
            self.taken[name] = value

    def objects(self, name: str, most: int, *, required: bool = False) -> list[_Form]:
        """The objects of a list, each to be taken apart in turn."""
        value = self.values.get(name)
        if value is None:
            self._absent(name, required=required)
            return []
        if (
            not isinstance(value, list)
            or not 1 <= len(value) <= most
            or not all(isinstance(one, dict) for one in value)
        ):
            self.refuse(name, f"Must be a list of 1 to {most} objects.")
            return []
        forms = [_Form(one, f"{self.path}.{name}.{i}", self.problems) for i, one in enumerate(value)]
        self.taken[name] = [form.taken for form in forms]
        return forms

    def refuse(self, name: str, reason: str) -> None:
        self.problems[f"{self.path}.{name}"] = reason

    def only(self, *names: str) -> None:
        """Refuse what is not known: it would silently not be sent."""
        for name in self.values.keys() - set(names):
            self.refuse(name, "Unknown field.")

    def _absent(self, name: str, *, required: bool) -> None:
        if required:
            self.refuse(name, _MISSING)


def check(type_: MessageType, given: dict[str, Any] | None, text: str | None = None) -> Outgoing:
    """The content in its known shape; `text` is short for `content.text`. Raises `ContentRefused`."""
    rule = _RULES.get(type_)
    if rule is None:
        sendable = ", ".join(_RULES)
        raise ContentRefused(f"A message of type {type_} cannot be sent.", {"type": f"Must be one of: {sendable}."})
    form = _Form({**(given or {}), **({} if text is None else {"text": text})})
    searchable = rule(form)
    if form.problems:
        raise ContentRefused(f"Some values are refused: {', '.join(sorted(form.problems))}.", form.problems)
    return Outgoing(form.taken, searchable)


def _text(form: _Form) -> str | None:
    form.only("text", "previewUrl")
    form.flag("previewUrl")
    return form.text("text", 4096, required=True)


def _media(*more: str) -> Callable[[_Form], str | None]:
    def media(form: _Form) -> str | None:
        form.only("mediaUrl", "mediaId", *more)
        form.match("mediaUrl", _LINK, "Must be an http or https address.")
        form.text("mediaId", 200)
        if len({"mediaUrl", "mediaId"} & form.values.keys()) != 1:
            form.refuse("mediaUrl", "Give either mediaUrl or mediaId.")
        caption = form.text("caption", 1024) if "caption" in more else None
        filename = form.text("filename", 240) if "filename" in more else None
        return " ".join(filter(None, (caption, filename))) or None

    return media


def _location(form: _Form) -> str | None:
    form.only("latitude", "longitude", "name", "address")
    form.number("latitude", 90)
    form.number("longitude", 180)
    words = form.text("name", 1000), form.text("address", 1000)
    return " ".join(filter(None, words)) or None


def _template(form: _Form) -> str | None:
    """The components are the provider's own; whether they fit the template, it says itself."""
    form.only("name", "language", "components")
    form.match("name", _TEMPLATE_NAME, "Must be lower-case letters, digits and underscores.", required=True)
    form.match("language", _LANGUAGE, "Must be a language code such as en or pt_BR.", required=True)
    for component in form.objects("components", 20):
        kind = component.values.get("type")
        parameters = component.values.get("parameters", [])
        if not isinstance(kind, str) or kind.lower() not in _COMPONENTS:
            component.refuse("type", f"Must be one of: {', '.join(_COMPONENTS)}.")
        elif not isinstance(parameters, list) or not all(isinstance(one, dict) for one in parameters):
            component.refuse("parameters", "Must be a list of objects.")
        else:
            component.taken.update(component.values, type=kind.lower())
    name = form.taken.get("name")
    return name if isinstance(name, str) else None


def _interactive(form: _Form) -> str | None:
    kind = form.values.get("kind")
    if kind == "BUTTONS":
        form.only("kind", "body", "header", "footer", "buttons")
        _buttons(form)
    elif kind == "LIST":
        form.only("kind", "body", "header", "footer", "buttonText", "sections")
        _sections(form)
    else:
        form.refuse("kind", "Must be BUTTONS or LIST.")
    form.taken["kind"] = kind
    form.text("header", 60)
    form.text("footer", 60)
    return form.text("body", 1024 if kind == "BUTTONS" else 4096, required=True)


def _buttons(form: _Form) -> None:
    buttons = form.objects("buttons", _MOST_BUTTONS, required=True)
    for button in buttons:
        button.only("id", "title")
        button.text("id", 256, required=True)
        button.text("title", 20, required=True)
    _different(form, "buttons", "id", buttons)
    _different(form, "buttons", "title", buttons)


def _sections(form: _Form) -> None:
    form.text("buttonText", 20, required=True)
    sections = form.objects("sections", _MOST_SECTIONS, required=True)
    rows = []
    for section in sections:
        section.only("title", "rows")
        section.text("title", 24, required=len(sections) > 1)
        rows += section.objects("rows", _MOST_ROWS, required=True)
    for row in rows:
        row.only("id", "title", "description")
        row.text("id", 200, required=True)
        row.text("title", 24, required=True)
        row.text("description", 72)
    if len(rows) > _MOST_ROWS:
        form.refuse("sections", f"Must not have more than {_MOST_ROWS} rows in all.")
    _different(form, "sections", "id", rows)


def _different(form: _Form, name: str, part: str, forms: Iterable[_Form]) -> None:
    values = [one.taken.get(part) for one in forms]
    if len(set(values)) != len(values):
        form.refuse(name, f"No two may have the same {part}.")


_RULES: dict[MessageType, Callable[[_Form], str | None]] = {
    MessageType.TEXT: _text,
    MessageType.IMAGE: _media("caption"),
    MessageType.VIDEO: _media("caption"),
    MessageType.AUDIO: _media(),
    MessageType.DOCUMENT: _media("caption", "filename"),
    MessageType.LOCATION: _location,
    MessageType.INTERACTIVE: _interactive,
    MessageType.TEMPLATE: _template,
}
