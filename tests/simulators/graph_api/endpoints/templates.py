"""`/{waba_id}/message_templates` and `/{template_id}`."""

import re
from base64 import b64decode, b64encode
from typing import Any
from urllib.parse import urlencode

from tests.simulators.graph_api.businesses import MANAGEMENT
from tests.simulators.graph_api.call import Call
from tests.simulators.graph_api.errors import GraphError, missing_node
from tests.simulators.graph_api.templates import VARIABLE, Template
from tests.simulators.graph_api.validation.shape import Anything, Choice, Flag, Items, Members, Number, Text, wrong
from tests.simulators.graph_api.wire import JsonObject, Response

LONGEST = {"HEADER": 60, "BODY": 1024, "FOOTER": 60}
MOST_BUTTONS = 10
LARGEST_PAGE = 100
EDITABLE = {"APPROVED", "REJECTED", "PAUSED"}
FILTERS = ("name", "status", "category", "language")
FIELDS = {
    *("id", "name", "language", "status", "category", "components", "parameter_format", "rejected_reason"),
    *("previous_category", "correct_category", "quality_score", "sub_category", "message_send_ttl_seconds"),
}
"""What can be asked for; a template shows those of them that it has."""

KINDS = ("header", "body", "footer", "buttons", "carousel", "limited_time_offer")
CATEGORY = Choice(("marketing", "utility", "authentication"), folded=True)
COMPONENTS = Items(Members({"type": Choice(KINDS, folded=True)}, open=True))
NEW_TEMPLATE = Members(
    {
        "name": Text(512, pattern=re.compile(r"[a-z0-9_]+")),
        "language": Text(pattern=re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")),
        "category": CATEGORY,
        "components": COMPONENTS,
    },
    {
        "parameter_format": Choice(("positional", "named"), folded=True),
        "allow_category_change": Flag(),
        "message_send_ttl_seconds": Number(-1, 2_592_000),
        "library_template_name": Anything(),
    },
)
EDIT = Members(optional={"category": CATEGORY, "components": COMPONENTS, "parameter_format": Text()})


async def list_templates(call: Call) -> Response:
    """Return a page of an account's templates, filtered."""
    call.caller.require(MANAGEMENT)
    query = call.request.query
    found = [t for t in call.simulator.templates.of(call.business.waba_id) if _wanted(t, query)]
    start, size = _cursor(query.get("after")), _size(query.get("limit"))
    page = found[start : start + size]
    paging: JsonObject = {}
    if page:
        paging["cursors"] = {"before": _as_cursor(start), "after": _as_cursor(start + len(page))}
    if start + size < len(found):
        host, path = call.request.headers.get("host", ""), call.request.path
        following = urlencode({**query, "limit": str(size), "after": _as_cursor(start + size)})
        paging["next"] = f"http://{host}{path}?{following}"
    return Response(payload={"data": [_selected(t, query.get("fields")) for t in page], "paging": paging})


async def create(call: Call) -> Response:
    """Add a template; the review's outcome is set by the control API."""
    call.caller.require(MANAGEMENT)
    body = call.json_body() or {}
    NEW_TEMPLATE.check(body, "template")
    _check_components(body)
    template = call.simulator.templates.create(call.business.waba_id, body)
    return Response(payload={"id": template.id, "status": template.status, "category": template.category})


async def delete(call: Call) -> Response:
    """Remove all languages of a name, or with `hsm_id` one of them."""
    call.caller.require(MANAGEMENT)
    name, template_id = call.request.query.get("name"), call.request.query.get("hsm_id")
    if name is None:
        raise GraphError(100, message="(#100) The parameter name is required.")
    own = call.simulator.templates.of(call.business.waba_id)
    doomed = [t for t in own if t.name == name and template_id in {None, t.id}]
    if not doomed:
        raise GraphError(100, message=f"(#100) Message template {name} was not found.")
    call.simulator.templates.delete(doomed)
    return Response(payload={"success": True})


async def read(call: Call) -> Response:
    """Return one template."""
    return Response(payload=_selected(_template(call), call.request.query.get("fields")))


async def edit(call: Call) -> Response:
    """Change the components of a template, or the category of one that is not approved."""
    call.caller.require(MANAGEMENT)
    template = _template(call)
    body = call.json_body() or {}
    EDIT.check(body, "template")
    if template.status not in EDITABLE:
        raise GraphError(100, message=f"(#100) A template that is {template.status} can't be edited.")
    if "category" in body and template.status == "APPROVED":
        raise GraphError(100, message="(#100) The category of an approved template can't be edited.")
    if "components" in body:
        _check_components(body)
        template.components = body["components"]
    template.category = str(body.get("category", template.category)).upper()
    template.status = call.simulator.templates.review
    return Response(payload={"success": True})


def _template(call: Call) -> Template:
    template = call.simulator.templates.by_id(call.node_id)
    if template is None:
        raise missing_node(call.node_id)
    return template


def _wanted(template: Template, query: dict[str, str]) -> bool:
    return all(query.get(name) in {None, getattr(template, name)} for name in FILTERS)


def _selected(template: Template, fields: str | None) -> dict[str, Any]:
    shown = template.as_json()
    if not fields:
        return shown
    names = [*(name.strip() for name in fields.split(",")), "id"]
    unknown = next((name for name in names if name not in FIELDS), None)
    if unknown is not None:
        message = f"(#100) Tried accessing nonexisting field ({unknown}) on node type (WhatsAppMessageTemplate)"
        raise GraphError(100, message=message)
    return {name: shown[name] for name in names if name in shown}


def _size(written: str | None) -> int:
    if written is None:
        return 25
    if not written.isdigit() or written == "0":
        raise GraphError(100, message="(#100) Param limit must be a number greater than or equal to 1")
    return min(int(written), LARGEST_PAGE)


def _as_cursor(position: int) -> str:
    return b64encode(f"position:{position}".encode()).decode()


def _cursor(written: str | None) -> int:
    if written is None:
        return 0
    try:
        return int(b64decode(written).removeprefix(b"position:"))
    except ValueError as unreadable:
        raise GraphError(100, message="(#100) The cursor is not valid.") from unreadable


def _check_components(body: JsonObject) -> None:
    by_kind = {str(component["type"]).upper(): component for component in body["components"]}
    if "BODY" not in by_kind:
        raise wrong("components", "must have a BODY.")
    for kind, longest in LONGEST.items():
        text = by_kind.get(kind, {}).get("text")
        if text is not None:
            Text(longest).check(text, kind)
            _check_variables(text, by_kind[kind], kind)
    if len(by_kind.get("BUTTONS", {}).get("buttons", [])) > MOST_BUTTONS:
        raise wrong("BUTTONS", f"must have at most {MOST_BUTTONS} buttons.")


def _check_variables(text: str, component: JsonObject, kind: str) -> None:
    variables = list(dict.fromkeys(VARIABLE.findall(text)))
    if not variables:
        return
    if kind == "FOOTER" or (kind == "HEADER" and len(variables) > 1):
        raise wrong(kind, "has too many variables.")
    if kind == "BODY" and (text.strip().startswith("{{") or text.strip().endswith("}}")):
        raise GraphError(100, "Variables can't be at the start or end of the template.", subcode=2388299)
    numbers = [int(name) for name in variables if name.isdigit()]
    if sorted(numbers) != list(range(1, len(numbers) + 1)):
        raise wrong(kind, "must number its variables from 1 without gaps.")
    if not component.get("example"):
        raise wrong(kind, "must have an example for its variables.")
