"""The bodies of free-form messages: text, media, location, contacts, reaction."""

import re
from typing import Any

from tests.simulators.graph_api.validation.shape import Anything, Flag, Items, Members, Number, Shape, Text, wrong

WEB_ADDRESS = re.compile(r"https?://[^\s/]+.*", re.DOTALL)

CAPTION = Text(1024, shortest=0)


def _media(**optional: Shape) -> Members:
    return Members(optional={"id": Text(), "link": Text(pattern=WEB_ADDRESS), **optional})


CARD_LIST = Items(Members(open=True), fewest=0)
CARD = Members(
    {"name": Members({"formatted_name": Text()}, open=True)},
    {
        "phones": CARD_LIST,
        "emails": CARD_LIST,
        "addresses": CARD_LIST,
        "urls": CARD_LIST,
        "org": Members(optional={"company": Text(), "department": Text(), "title": Text()}),
        "birthday": Text(pattern=re.compile(r"\d{4}-\d{2}-\d{2}")),
        "ims": Anything(),
    },
)

CONTENT: dict[str, Shape] = {
    "text": Members({"body": Text(4096)}, {"preview_url": Flag()}),
    "image": _media(caption=CAPTION),
    "video": _media(caption=CAPTION),
    "document": _media(caption=CAPTION, filename=Text(240)),
    "audio": _media(voice=Flag()),
    "sticker": _media(),
    "location": Members(
        {"latitude": Number(-90, 90), "longitude": Number(-180, 180)},
        {"name": Text(1000, shortest=0), "address": Text(1000, shortest=0)},
    ),
    "contacts": Items(CARD, most=257),
    "reaction": Members({"message_id": Text(), "emoji": Text(32, shortest=0)}),
}

MEDIA_TYPES = frozenset({"image", "video", "document", "audio", "sticker"})


def check_media_source(body: dict[str, Any], where: str) -> None:
    """Refuse media that names no file, or two."""
    if ("id" in body) == ("link" in body):
        raise wrong(where, "must have exactly one of 'id' and 'link'.")


def check_card_names(cards: list[dict[str, Any]]) -> None:
    """Refuse a contact whose name has no part beside `formatted_name`."""
    for index, card in enumerate(cards):
        if not any(card["name"].get(part) for part in card["name"] if part != "formatted_name"):
            raise wrong(f"contacts[{index}]['name']", "must have one more part beside formatted_name.")
