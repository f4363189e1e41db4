"""What a webhook can hold, one item at a time, in plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from services.common.contracts.messaging import Direction, MessageType
from services.messaging.domain.templates import TemplateNews

MESSAGE, STATUS, ACCOUNT, UNKNOWN = "MESSAGE", "STATUS", "ACCOUNT", "UNKNOWN"
UNROUTED, DUPLICATE, IGNORED, FAILED = "UNROUTED", "DUPLICATE", "IGNORED", "FAILED"


class Route(NamedTuple):
    """The provider's ids by which an item finds its channel: the number's, or else those of the account.

    `display_number`, the digits of a number that news of an account are about, narrows the choice where it can.
    """

    phone_number_id: str | None
    account_ids: tuple[str, ...] = ()
    display_number: str | None = None


class Person(NamedTuple):
    """Somebody as one item shows them. `phone` is the matching key; `wa_id` is what the provider calls them."""

    user_id: str | None
    phone: str | None
    wa_id: str | None
    name: str | None = None
    username: str | None = None
    at: datetime | None = None


class Succession(NamedTuple):
    """The provider says that two addresses are one person's: the former one and the present one."""

    former: Person
    present: Person


@dataclass(slots=True)
class Item:
    """The part that all items share. `raw` is the item as it came."""

    path: str
    kind: str
    route: Route
    raw: Any
    digest: str


@dataclass(slots=True)
class MessageItem(Item):
    """A message, from a customer or echoed from the business's own phone."""

    external_id: str
    direction: Direction
    type: MessageType
    content: dict[str, Any]
    text: str | None
    person: Person
    sent_at: datetime | None
    reply_to: str | None
    opens_window: bool
    succession: Succession | None = None


@dataclass(slots=True)
class StatusItem(Item):
    """A step in the life of a message of the business."""

    external_id: str
    status: str
    at: datetime | None
    error: dict[str, Any] | None
    pricing: dict[str, Any] | None
    callback: str | None
    person: Person | None


@dataclass(slots=True)
class AccountItem(Item):
    """News of an account, a number, a template or of something else; kept as it came."""

    field: str
    event: str
    at: datetime | None


@dataclass(slots=True)
class TemplateItem(AccountItem):
    """News of a template that change how it stands."""

    news: TemplateNews


@dataclass(slots=True)
class UnknownItem(Item):
    """Something that has no meaning here yet; kept whole."""

    reason: str
    field: str = field(default="")


@dataclass(slots=True)
class IgnoredItem(Item):
    """Something that is not for us, or is empty."""

    reason: str


@dataclass(slots=True)
class BrokenItem(Item):
    """Something that cannot be read at all."""

    reason: str


def remark_of(item: Item) -> tuple[str, str] | None:
    """Outcome and reason of an item that no channel can be waiting for; of any other, None."""
    if isinstance(item, IgnoredItem):
        return IGNORED, item.reason
    if isinstance(item, BrokenItem):
        return FAILED, item.reason
    if item.route.phone_number_id is None and not item.route.account_ids:
        return UNKNOWN, item.reason if isinstance(item, UnknownItem) else "It names neither number nor account."
    return None
