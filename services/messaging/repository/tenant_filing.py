"""Files the items of one tenant: who wrote, in which conversation, what was said, how far our messages came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from services.common.contracts.base import Event
from services.common.contracts.messaging import Direction, MessageReceivedV1
from services.common.kit.ids import new_id
from services.common.kit.uow import UnitOfWork
from services.messaging.domain.items import (
    ACCOUNT,
    DUPLICATE,
    MESSAGE,
    STATUS,
    UNKNOWN,
    AccountItem,
    MessageItem,
    StatusItem,
    TemplateItem,
    UnknownItem,
)
from services.messaging.domain.people import People
from services.messaging.domain.threads import growth
from services.messaging.repository import filed_rows
from services.messaging.repository.contacts import ContactRepository, people_lock
from services.messaging.repository.conversations import ConversationRepository
from services.messaging.repository.filed_rows import Routed, RoutedMessage, RoutedNews, RoutedStatus
from services.messaging.repository.messages import Known, MessageRepository, Wamid
from services.messaging.repository.statuses import StatusRepository, Told, wamid_lock
from services.messaging.repository.templates import TemplateRepository, templates_lock
from services.messaging.repository.webhooks import Outcome, WebhookItemRepository


def locks_of(tenant_id: str, routed: Iterable[Routed]) -> Iterator[str]:
    """What a transaction must be alone with, to file these items."""
    for arrival, line in routed:
        item = arrival.item
        if isinstance(item, MessageItem) or (isinstance(item, StatusItem) and item.person is not None):
            yield people_lock(tenant_id)
        if isinstance(item, StatusItem) or (isinstance(item, MessageItem) and item.direction is Direction.OUTBOUND):
            yield wamid_lock((line.channel_id, item.external_id))
        if isinstance(item, TemplateItem):
            yield templates_lock(tenant_id)


class TenantFiling:
    """Works for the tenant for which the transaction speaks at present; `locks_of` says what must be held."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._contacts = ContactRepository(uow)
        self._conversations = ConversationRepository(uow)
        self._messages = MessageRepository(uow)
        self._statuses = StatusRepository(uow)
        self._templates = TemplateRepository(uow)
        self._items = WebhookItemRepository(uow)

    def file(self, routed: Sequence[Routed]) -> list[Event]:
        """Store everything and note what became of it; return the events to be published."""
        messages = [RoutedMessage(a, line, a.item) for a, line in routed if isinstance(a.item, MessageItem)]
        statuses = [RoutedStatus(a, line, a.item) for a, line in routed if isinstance(a.item, StatusItem)]
        news = [RoutedNews(a, line, a.item) for a, line in routed if isinstance(a.item, AccountItem | UnknownItem)]
        outcomes: list[Outcome] = []
        events: list[Event] = []
        people = self._meet(messages, statuses)
        told_about = {one.wamid for one in statuses} | {one.wamid for one in messages if one.is_ours}
        if messages:
            events += self._file_messages(messages, people, outcomes)
        if statuses:
            self._note_statuses(statuses, outcomes)
        if told_about:
            events += self._statuses.settle(told_about)
        if news:
            self._keep_news(news, outcomes)
        self._items.account(outcomes)
        return events

    def _meet(self, messages: Iterable[RoutedMessage], statuses: Iterable[RoutedStatus]) -> People:
        """Join everybody who appears."""
        seen = [one.item.person for one in messages]
        seen += [one.item.person for one in statuses if one.item.person is not None]
        successions = [one.item.succession for one in messages if one.item.succession is not None]
        return self._contacts.join(seen, successions) if seen else People({}, new_id)

    def _file_messages(
        self, routed: Sequence[RoutedMessage], people: People, outcomes: list[Outcome]
    ) -> list[MessageReceivedV1]:
        chosen = _one_for_each(routed)
        known = self._messages.find_known(chosen)
        new = {wamid: one for wamid, one in chosen.items() if wamid not in known}
        other = {wamid: one for wamid, one in chosen.items() if wamid in known and _supersedes(one, known[wamid])}
        threads = {wamid: (_contact(one, people), one.line.channel_id) for wamid, one in (new | other).items()}
        conversations, added = self._conversations.find_or_add(threads.values()) if threads else ({}, set())
        place = {wamid: conversations[thread] for wamid, thread in threads.items()}
        rows = [filed_rows.message(one, new_id(), place[wamid]) for wamid, one in new.items()]
        if rows:
            self._messages.add(rows)
            self._conversations.grow(growth(filed_rows.arrived(row) for row in rows))
        if other:
            self._replace(other, known, place)
        outcomes += _message_outcomes(routed, new)
        contacts = {conversations[thread]: thread[0] for thread in threads.values()}
        return _received(rows, contacts, added)

    def _replace(self, other: dict[Wamid, RoutedMessage], known: dict[Wamid, Known], place: dict[Wamid, str]) -> None:
        """The provider has used one id for two contents: keep the same one, whichever comes first."""
        rows = [filed_rows.message(one, known[wamid].message_id, place[wamid]) for wamid, one in other.items()]
        self._messages.replace(rows)
        self._conversations.recount(
            {known[wamid].conversation_id for wamid in other} | {place[wamid] for wamid in other}
        )

    def _note_statuses(self, routed: Sequence[RoutedStatus], outcomes: list[Outcome]) -> None:
        told = [filed_rows.told(one) for one in routed]
        earliest = {(t.channel_id, t.external_id, t.status): t for t in sorted(told, key=_latest_first, reverse=True)}
        fresh = self._statuses.note(list(earliest.values()))
        self._statuses.identify(told)
        for one, status in zip(routed, told, strict=True):
            key = (status.channel_id, status.external_id, status.status)
            outcomes.append(Outcome(one.arrival, STATUS if key in fresh else DUPLICATE))
            fresh.discard(key)

    def _keep_news(self, routed: Sequence[RoutedNews], outcomes: list[Outcome]) -> None:
        rows = {one.item.digest: filed_rows.news(one, new_id()) for one in routed}
        fresh = self._items.keep(rows.values())
        for one in routed:
            if isinstance(one.item, TemplateItem) and one.item.digest in fresh:
                self._templates.tell(str(one.line.business_account_id), one.item.news, one.arrival.received_at)
            outcome = ACCOUNT if isinstance(one.item, AccountItem) else UNKNOWN
            detail = one.item.reason if isinstance(one.item, UnknownItem) else None
            outcomes.append(Outcome(one.arrival, outcome if one.item.digest in fresh else DUPLICATE, detail))
            fresh.discard(one.item.digest)


def _one_for_each(routed: Iterable[RoutedMessage]) -> dict[Wamid, RoutedMessage]:
    """Of items with one id the same one, in whatever order they come."""
    chosen: dict[Wamid, RoutedMessage] = {}
    for one in routed:
        held = chosen.get(one.wamid)
        if held is None or one.item.digest < held.item.digest:
            chosen[one.wamid] = one
    return chosen


def _supersedes(one: RoutedMessage, known: Known) -> bool:
    """Never what we have sent ourselves: that has no digest."""
    return known.digest is not None and one.item.digest < known.digest


def _contact(one: RoutedMessage, people: People) -> str:
    contact_id = people.contact_of(one.item.person)
    if contact_id is None:
        msg = "a message of nobody"
        raise LookupError(msg)
    return contact_id


def _latest_first(told: Told) -> tuple[object, str]:
    return told.at, told.digest


def _message_outcomes(routed: Iterable[RoutedMessage], new: dict[Wamid, RoutedMessage]) -> list[Outcome]:
    """The first item of a new message is the message; whatever else has its id is a duplicate."""
    awaited = set(new)
    outcomes = []
    for one in routed:
        outcomes.append(Outcome(one.arrival, MESSAGE if one.wamid in awaited else DUPLICATE))
        awaited.discard(one.wamid)
    return outcomes


def _received(rows: Iterable[filed_rows.Row], contacts: dict[str, str], added: set[str]) -> list[MessageReceivedV1]:
    """One event for each message of a customer; the earliest of a new conversation says that it is new."""
    events = []
    for row in sorted(rows, key=lambda row: (row["occurred_at"], row["external_id"])):
        if row["direction"] == Direction.INBOUND.value:
            conversation_id = row["conversation_id"]
            events.append(filed_rows.received(row, contacts[conversation_id], is_new=conversation_id in added))
            added.discard(conversation_id)
    return events
