"""The body of a template message: its shape, and whether it fits the template it names."""

import re
from typing import Any

from tests.simulators.graph_api.errors import GraphError
from tests.simulators.graph_api.templates import VARIABLE, Template
from tests.simulators.graph_api.validation.content import check_media_source
from tests.simulators.graph_api.validation.shape import Anything, Choice, Items, Members, Text

COMPONENT_KINDS = ("header", "body", "footer", "button", "carousel", "limited_time_offer")

COMPONENT = Members(
    {"type": Choice(COMPONENT_KINDS, folded=True)},
    {
        "parameters": Items(Members({"type": Text()}, open=True), fewest=0),
        "sub_type": Text(),
        "index": Anything(),
        "cards": Items(Members(open=True)),
    },
)
TEMPLATE = Members(
    {
        "name": Text(512, pattern=re.compile(r"[a-z0-9_]+")),
        "language": Members({"code": Text()}, {"policy": Choice(("deterministic",))}),
    },
    {"components": Items(COMPONENT, fewest=0), "namespace": Text()},
)

UNSENDABLE = {"PAUSED": 132015, "DISABLED": 132016}
BODY_PARAMETERS = {"text", "currency", "date_time"}
UNPRINTABLE = re.compile(r"[\n\t]| {5,}")


def check_template_shape(body: dict[str, Any]) -> None:
    """Refuse a template message whose body is malformed."""
    TEMPLATE.check(body, "template")


def check_against_template(body: dict[str, Any], template: Template | None) -> None:
    """Refuse a template message that does not fit its template."""
    if template is None or template.status not in {"APPROVED", *UNSENDABLE}:
        name, language = body["name"], body["language"]["code"]
        raise GraphError(132001, f"template name ({name}) does not exist in {language}")
    if template.status in UNSENDABLE:
        raise GraphError(UNSENDABLE[template.status])
    components = body.get("components", [])
    _check_header(_parameters(components, "header"), template)
    _check_texts(_parameters(components, "body"), template, "BODY")
    _check_buttons(components, template)


def _parameters(components: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [p for c in components if c["type"].lower() == kind for p in c.get("parameters", [])]


def _check_header(parameters: list[dict[str, Any]], template: Template) -> None:
    wanted = template.header_format
    if wanted in {None, "TEXT"}:
        _check_texts(parameters, template, "HEADER")
        return
    kind = str(wanted).lower()
    if len(parameters) != 1:
        raise GraphError(132012, f"header: Format mismatch, expected {wanted}, received UNKNOWN")
    if parameters[0]["type"] != kind or kind not in parameters[0]:
        received = parameters[0]["type"].upper()
        raise GraphError(132012, f"header: Format mismatch, expected {wanted}, received {received}")
    if kind != "location":
        check_media_source(parameters[0][kind], f"template['components'] header {kind}")


def _check_texts(parameters: list[dict[str, Any]], template: Template, kind: str) -> None:
    wanted = template.variables(kind)
    where = kind.lower()
    if len(parameters) != len(wanted):
        details = f"{where}: number of localizable_params ({len(parameters)}) does not match the expected"
        raise GraphError(132000, f"{details} number of params ({len(wanted)})")
    for parameter in parameters:
        _check_text_value(parameter, where)
    if template.parameter_format == "NAMED":
        given = {str(parameter.get("parameter_name")) for parameter in parameters}
        if given != set(wanted):
            raise GraphError(100, f"{where}: parameter names {sorted(given)} do not match {sorted(wanted)}")


def _check_text_value(parameter: dict[str, Any], where: str) -> None:
    kind = parameter["type"]
    if kind not in BODY_PARAMETERS:
        raise GraphError(132012, f"{where}: Parameter of type {kind} is not allowed here")
    value = parameter.get(kind)
    text = value if kind == "text" else isinstance(value, dict) and value.get("fallback_value")
    if not isinstance(text, str) or not text:
        raise GraphError(131008, f"{where}: Parameter of type {kind} has no value")
    if UNPRINTABLE.search(text):
        raise GraphError(132018, f"{where}: a value may not have newlines, tabs or more than 4 spaces")


def _check_buttons(components: list[dict[str, Any]], template: Template) -> None:
    given = {str(c.get("index")): c for c in components if c["type"].lower() == "button"}
    for index, button in enumerate(template.buttons):
        component = given.pop(str(index), None)
        demands = _demanded_parameter(button)
        if component is None and demands is not None:
            kind = str(button.get("type")).capitalize()
            raise GraphError(131008, f"buttons: Button at index {index} of type {kind} requires a parameter")
        if component is not None:
            _check_button(component, button, index)
    if given:
        raise GraphError(132000, f"buttons: the template has no button at index {min(given)}")


def _demanded_parameter(button: dict[str, Any]) -> str | None:
    kind = str(button.get("type", "")).upper()
    if kind == "OTP" or (kind == "URL" and VARIABLE.search(str(button.get("url", "")))):
        return "text"
    return "coupon_code" if kind == "COPY_CODE" else None


def _check_button(component: dict[str, Any], button: dict[str, Any], index: int) -> None:
    kind = str(button.get("type", "")).lower()
    given = str(component.get("sub_type", "")).lower()
    if given != kind and (given, kind) != ("url", "otp"):
        raise GraphError(132012, f"buttons: Button at index {index} is of type {kind}, not {given}")
    demanded = _demanded_parameter(button)
    if demanded is not None and not any(p["type"] == demanded for p in component.get("parameters", [])):
        raise GraphError(131008, f"buttons: Button at index {index} requires a parameter of type {demanded}")
