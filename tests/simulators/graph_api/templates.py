"""Message templates of the accounts, and the parameters each of them demands of a send."""

import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.simulators.graph_api.errors import GraphError
from tests.simulators.graph_api.wire import JsonObject

VARIABLE = re.compile(r"\{\{\s*([a-z0-9_]+)\s*\}\}")


@dataclass(slots=True)
class Template:
    """One template in one language."""

    id: str
    waba_id: str
    name: str
    language: str
    category: str
    components: list[JsonObject]
    parameter_format: str = "POSITIONAL"
    status: str = "APPROVED"
    rejected_reason: str | None = None

    def component(self, kind: str) -> JsonObject:
        """Return the component of a type, or an empty one."""
        return next((c for c in self.components if str(c.get("type", "")).upper() == kind), {})

    def variables(self, kind: str) -> list[str]:
        """Return the names or numbers of the variables in a component's text."""
        return list(dict.fromkeys(VARIABLE.findall(str(self.component(kind).get("text", "")))))

    @property
    def header_format(self) -> str | None:
        """TEXT, IMAGE, VIDEO, DOCUMENT, LOCATION, or None without a header."""
        found = self.component("HEADER").get("format")
        return str(found).upper() if found else None

    @property
    def buttons(self) -> list[JsonObject]:
        """The buttons in their order."""
        return list(self.component("BUTTONS").get("buttons", []))

    @property
    def sends_one_time_code(self) -> bool:
        """Whether a button of the template hands a code over."""
        return any(str(button.get("type", "")).upper() in {"OTP", "COPY_CODE"} for button in self.buttons)

    def as_json(self) -> dict[str, Any]:
        """Return the template as the API lists it."""
        shown: dict[str, Any] = {
            "name": self.name,
            "parameter_format": self.parameter_format,
            "components": self.components,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "id": self.id,
        }
        if self.rejected_reason is not None:
            shown["rejected_reason"] = self.rejected_reason
        return shown


@dataclass(slots=True)
class Templates:
    """Every template; `review` is the status a new one gets."""

    review: str = "APPROVED"
    _by_id: dict[str, Template] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1689556908129832))

    def create(self, waba_id: str, body: JsonObject) -> Template:
        """Add a template, unless its name is taken in that language."""
        if self.find(waba_id, body["name"], body["language"]) is not None:
            raise GraphError(
                100, "Content in this language already exists.", subcode=2388024, message="Invalid parameter"
            )
        template = Template(
            str(next(self._numbers)),
            waba_id,
            body["name"],
            body["language"],
            str(body["category"]).upper(),
            body["components"],
            str(body.get("parameter_format", "POSITIONAL")).upper(),
            body.get("status", self.review),
        )
        self._by_id[template.id] = template
        return template

    def find(self, waba_id: str, name: str, language: str) -> Template | None:
        """Return the template of a name in a language."""
        wanted = (waba_id, name, language)
        return next((t for t in self._by_id.values() if (t.waba_id, t.name, t.language) == wanted), None)

    def by_id(self, template_id: str) -> Template | None:
        """Return a template by its id."""
        return self._by_id.get(template_id)

    def of(self, waba_id: str) -> list[Template]:
        """Return the templates of an account, the oldest first."""
        return [t for t in self._by_id.values() if t.waba_id == waba_id]

    def delete(self, templates: list[Template]) -> None:
        """Remove templates."""
        for template in templates:
            del self._by_id[template.id]

    def clear(self) -> None:
        """Forget every template."""
        self._by_id.clear()
        self.review = "APPROVED"
