"""The bodies of interactive messages, and the rules that no single field can break."""

import re
from typing import Any

from tests.simulators.graph_api.validation.content import WEB_ADDRESS, check_media_source
from tests.simulators.graph_api.validation.shape import INTERACTIVE, Choice, Items, Members, Shape, Text, wrong

OPEN = Members(open=True)
FLOW_VERSION = re.compile(r"\d+")


def _text(longest: int) -> Text:
    return Text(longest, code=INTERACTIVE)


def _words(longest: int) -> Members:
    return Members({"text": _text(longest)})


HEADER = Members(
    {"type": Choice(("text", "image", "video", "document"), INTERACTIVE)},
    {"text": _text(60), "image": OPEN, "video": OPEN, "document": OPEN, "sub_text": _text(60)},
)
TEXT_HEADER = Members({"type": Choice(("text",), INTERACTIVE), "text": _text(60)})

BUTTON = Members({"type": Choice(("reply",), INTERACTIVE), "reply": Members({"id": _text(256), "title": _text(20)})})
ROW = Members({"id": _text(200), "title": _text(24)}, {"description": Text(72, shortest=0, code=INTERACTIVE)})
SECTION = Members({"rows": Items(ROW, code=INTERACTIVE)}, {"title": Text(24, shortest=0, code=INTERACTIVE)})


def _named(name: str, parameters: Shape | None = None) -> Members:
    required: dict[str, Shape] = {"name": Choice((name,), INTERACTIVE)}
    return Members(required | {"parameters": parameters} if parameters is not None else required)


FLOW = Members(
    {"flow_message_version": Text(pattern=FLOW_VERSION, code=INTERACTIVE), "flow_cta": _text(30)},
    {
        "flow_id": Text(),
        "flow_name": Text(),
        "flow_token": Text(),
        "flow_action": Choice(("navigate", "data_exchange"), INTERACTIVE),
        "flow_action_payload": OPEN,
        "mode": Choice(("draft", "published"), INTERACTIVE),
    },
)

ACTIONS: dict[str, Shape] = {
    "button": Members({"buttons": Items(BUTTON, most=3, code=INTERACTIVE)}),
    "list": Members({"button": _text(20), "sections": Items(SECTION, most=10, code=INTERACTIVE)}),
    "cta_url": _named(
        "cta_url", Members({"display_text": _text(20), "url": Text(code=INTERACTIVE, pattern=WEB_ADDRESS)})
    ),
    "flow": _named("flow", FLOW),
    "location_request_message": _named("send_location"),
    "request_contact_info": _named("request_contact_info"),
    "call_permission_request": _named("call_permission_request"),
    "product": Members({"catalog_id": Text(), "product_retailer_id": Text()}),
    "product_list": Members({"catalog_id": Text(), "sections": Items(OPEN, most=10, code=INTERACTIVE)}),
    "catalog_message": Members({"name": Choice(("catalog_message",), INTERACTIVE)}, {"parameters": OPEN}),
    "order_details": _named("review_and_pay", OPEN),
    "order_status": _named("review_order", OPEN),
}

LONGEST_BODY = {"list": 4096}
WITHOUT_BODY = {"product", "call_permission_request"}
LONGEST_LIST = 10


def check_interactive(body: dict[str, Any]) -> None:
    """Refuse an interactive message that the API would refuse."""
    Members({"type": Choice(tuple(ACTIONS))}, open=True).check(body, "interactive")
    kind = body["type"]
    words = {"body": _words(LONGEST_BODY.get(kind, 1024))}
    header = TEXT_HEADER if kind in {"list", "product_list"} else HEADER
    Members(
        {"type": Text(), "action": ACTIONS[kind]} | ({} if kind in WITHOUT_BODY else words),
        {"header": header, "footer": _words(60)} | words,
    ).check(body, "interactive")
    if "header" in body:
        _check_header(body["header"])
    if kind == "button":
        _check_buttons(body["action"]["buttons"])
    elif kind == "list":
        _check_sections(body["action"]["sections"])
    elif kind == "flow":
        _check_flow(body["action"]["parameters"])


def _check_header(header: dict[str, Any]) -> None:
    where = f"interactive['header']['{header['type']}']"
    if header["type"] not in header:
        raise wrong(where, "is required by the type of the header.", INTERACTIVE)
    if header["type"] != "text":
        check_media_source(header[header["type"]], where)


def _check_buttons(buttons: list[dict[str, Any]]) -> None:
    for name in ("id", "title"):
        if len({button["reply"][name] for button in buttons}) < len(buttons):
            raise wrong(f"interactive['action']['buttons'] reply {name}s", "must be unique.", INTERACTIVE)


def _check_sections(sections: list[dict[str, Any]]) -> None:
    where = "interactive['action']['sections']"
    rows = [row for section in sections for row in section["rows"]]
    if len(rows) > LONGEST_LIST:
        raise wrong(where, f"must have at most {LONGEST_LIST} rows in total.", INTERACTIVE)
    if len({row["id"] for row in rows}) < len(rows):
        raise wrong(f"{where} row ids", "must be unique.", INTERACTIVE)
    if len(sections) > 1 and not all(section.get("title") for section in sections):
        raise wrong(where, "must have titles when there is more than one.", INTERACTIVE)


def _check_flow(parameters: dict[str, Any]) -> None:
    if ("flow_id" in parameters) == ("flow_name" in parameters):
        where = "interactive['action']['parameters']"
        raise wrong(where, "must have exactly one of flow_id and flow_name.", INTERACTIVE)
