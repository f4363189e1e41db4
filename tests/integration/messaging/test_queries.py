"""Lists of messages and conversations: filters, pages, search, and what a single one shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.common.contracts.errors import Invalid, NotFound
from services.common.contracts.messaging import (
    ConversationPage,
    ConversationStatus,
    Direction,
    GetConversation,
    GetMessage,
    ListConversations,
    ListMessages,
    MessagePage,
    MessageStatus,
    MessageType,
    WindowStatus,
)
from services.common.kit import clock
from services.common.kit.context import Context
from services.common.kit.ids import new_id
from services.common.kit.paging import Position
from services.common.kit.uow import SYSTEM, TENANT
from services.messaging import queries
from tests.integration.messaging.post import queue
from tests.integration.messaging.webhooks import Front, body_of, status_of, text_of, value_of

START = 1_790_000_000
NIL = "00000000-0000-0000-0000-000000000000"


class Reader:
    """A tenant with five customers on one channel, and the words that they wrote."""

    def __init__(self, front: Front) -> None:
        self.front, self.tenant, self.number = front, new_id(), new_id()
        self.channel = front.connect(self.tenant, self.number)
        for minute in range(25):
            phone, name = f"4917010000{minute % 5:02}", f"Person {'ABCDE'[minute % 5]}"
            words = f"text number {minute}" + (" 100% sure_ly" if minute == 7 else "")
            message = text_of(f"wamid.{new_id()}", words, at=START + 60 * minute, from_=phone)
            contact = {"wa_id": phone, "profile": {"name": name}}
            front.post(body_of(value_of([message], number=self.number, contacts=[contact])))

    def messages(self, **filters: Any) -> MessagePage:
        with self._transaction() as uow:
            return queries.list_messages(ListMessages(**filters), uow)

    def texts(self, **filters: Any) -> list[str]:
        return [message.content["text"] for message in self.messages(**filters).messages]

    def conversations(self, **filters: Any) -> ConversationPage:
        with self._transaction() as uow:
            return queries.list_conversations(ListConversations(**filters), uow)

    def names(self, **filters: Any) -> list[str | None]:
        return [one.contact.name for one in self.conversations(**filters).conversations]

    def get(self, request: GetMessage | GetConversation) -> Any:
        with self._transaction() as uow:
            if isinstance(request, GetMessage):
                return queries.get_message(request, uow)
            return queries.get_conversation(request, uow)

    def change(self, name: str, values: str) -> None:
        self.front.rows(
            f"update conversations v set {values} from contacts c where c.id = v.contact_id and c.name = :name"
            " and v.tenant_id = :tenant returning 1",
            name=name,
            tenant=self.tenant,
        )

    def _transaction(self) -> Any:
        return self.front.database.transaction(Context.new(tenant_id=self.tenant), TENANT, read_only=True)


@pytest.fixture(scope="module")
def reader(front: Front) -> Reader:
    return Reader(front)


def instant(minute: int) -> datetime:
    return datetime.fromtimestamp(START + 60 * minute, UTC)


def test_the_newest_message_comes_first(reader: Reader) -> None:
    assert reader.texts(limit=3) == ["text number 24", "text number 23", "text number 22"]


def test_pages_by_number_and_by_cursor_show_the_same(reader: Reader) -> None:
    whole = reader.texts(limit=100)
    by_number = [text for page in (1, 2, 3) for text in reader.texts(page=page, limit=10)]
    by_cursor, cursor = list[str](), None
    while True:
        page = reader.messages(limit=10, cursor=cursor)
        by_cursor += [message.content["text"] for message in page.messages]
        cursor = page.pagination.next_cursor
        if cursor is None:
            break
    assert by_number == by_cursor == whole
    first = reader.messages(limit=10).pagination
    assert (first.page, first.limit, first.total, first.total_pages) == (1, 10, 25, 3)


def test_a_page_behind_the_end_is_empty_and_knows_how_many_there_are(reader: Reader) -> None:
    behind = reader.messages(page=4, limit=10)
    assert (behind.messages, behind.pagination.total, behind.pagination.next_cursor) == ([], 25, None)
    oldest = reader.messages(page=25, limit=1)
    assert (len(oldest.messages), oldest.pagination.total, oldest.pagination.next_cursor) == (1, 25, None)
    end = Position(instant(0), NIL).to_cursor()
    assert (reader.messages(cursor=end).messages, reader.messages(cursor=end).pagination.total) == ([], 25)
    assert reader.messages(q="zzz").pagination.total == 0
    assert reader.messages(direction=Direction.INBOUND, q="number 2", limit=2).pagination.total == 6


def test_a_cursor_of_somebody_elses_making_is_refused(reader: Reader) -> None:
    with pytest.raises(Invalid):
        reader.messages(cursor="nonsense")


def test_filters_of_messages(reader: Reader) -> None:
    (conversation,) = reader.conversations(q="Person B").conversations
    assert reader.texts(conversation_id=conversation.id) == [f"text number {n}" for n in (21, 16, 11, 6, 1)]
    assert reader.texts(from_=instant(3), to=instant(5)) == ["text number 4", "text number 3"]
    assert len(reader.texts(channel_id=reader.channel)) == 25
    assert reader.texts(channel_id=new_id()) == []
    assert len(reader.texts(direction=Direction.INBOUND)) == 25
    assert reader.texts(direction=Direction.OUTBOUND) == []
    assert reader.texts(status=MessageStatus.FAILED) == []
    assert len(reader.texts(type=MessageType.TEXT, status=MessageStatus.RECEIVED)) == 25
    assert reader.texts(type=MessageType.IMAGE) == []


@pytest.mark.parametrize(
    ("words", "found"), [("NUMBER 24", 1), ("number 2", 6), ("100%", 1), ("e_l", 1), ("%", 1), ("zzz", 0)]
)
def test_words_are_found_in_any_case_and_signs_mean_themselves(reader: Reader, words: str, found: int) -> None:
    assert len(reader.texts(q=words)) == found


def test_the_conversation_with_the_latest_message_comes_first(reader: Reader) -> None:
    assert reader.names() == [f"Person {letter}" for letter in "EDCBA"]
    assert reader.names(limit=2, page=2) == ["Person C", "Person B"]
    first = reader.conversations(limit=2)
    assert reader.names(limit=2, cursor=first.pagination.next_cursor) == ["Person C", "Person B"]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("person a", ["Person A"]),
        ("+49 170 1000003", ["Person D"]),
        ("1701000003", ["Person D"]),
        ("number 13", ["Person D"]),
        ("100% sure", ["Person C"]),
        ("nobody", []),
    ],
)
def test_a_conversation_is_found_by_name_number_or_text(reader: Reader, words: str, names: list[str]) -> None:
    assert reader.names(q=words) == names


def test_filters_of_conversations(reader: Reader) -> None:
    somebody = new_id()
    reader.change("Person A", f"status = 'CLOSED', assigned_to = '{somebody}', tags = '{{vip,new}}', unread_count = 0")
    assert reader.names(status=ConversationStatus.CLOSED) == ["Person A"]
    assert reader.names(assigned_to=somebody) == ["Person A"]
    assert reader.names(tag="vip") == ["Person A"]
    assert reader.names(tag="vi") == []
    assert reader.names(unread=False) == ["Person A"]
    assert len(reader.names(unread=True)) == 4
    assert len(reader.names(channel_id=reader.channel)) == 5
    assert reader.names(channel_id=new_id()) == []


def test_a_conversation_comes_with_its_latest_messages(reader: Reader) -> None:
    (listed,) = reader.conversations(q="Person C").conversations
    detail = reader.get(GetConversation(conversation_id=listed.id))
    numbers = [message.content["text"].split()[2] for message in detail.messages]
    assert numbers == ["22", "17", "12", "7", "2"]
    assert (detail.message_count, detail.unread_count, detail.last_message_preview) == (5, 5, "text number 22")


def test_the_window_is_open_for_a_day(front: Front, tenant: str) -> None:
    number, now = new_id(), clock.now()
    front.connect(tenant, number)
    for phone, age in (("4917011111", timedelta(hours=23)), ("4917022222", timedelta(hours=25))):
        message = text_of(f"wamid.{new_id()}", at=int((now - age).timestamp()), from_=phone)
        front.post(body_of(value_of([message], number=number)))
    with front.database.transaction(Context.new(tenant_id=tenant), TENANT, read_only=True) as uow:
        found = queries.list_conversations(ListConversations(), uow).conversations
    assert [one.window_status for one in found] == [WindowStatus.ACTIVE, WindowStatus.EXPIRED]


def test_a_message_shows_its_history(front: Front, tenant: str) -> None:
    number = new_id()
    front.connect(tenant, number)
    message = queue(front, tenant)
    told = [
        status_of("wamid.h", status, biz_opaque_callback_data=message.id) for status in ("sent", "delivered", "read")
    ]
    front.post(body_of(value_of(number=number, statuses=told)))
    with front.database.transaction(Context.new(tenant_id=tenant), TENANT, read_only=True) as uow:
        shown = queries.get_message(GetMessage(message_id=message.id), uow)
    assert {step.status for step in shown.status_history} == {"QUEUED", "SENT", "DELIVERED", "READ"}
    assert (shown.status, shown.read_at) == (MessageStatus.READ, datetime.fromtimestamp(START, UTC))


def test_what_is_not_there_or_another_tenants_is_not_found(front: Front, reader: Reader) -> None:
    theirs = Reader.__new__(Reader)
    theirs.front, theirs.tenant = front, new_id()
    message, conversation = reader.messages(limit=1).messages[0].id, reader.conversations(limit=1).conversations[0].id
    for request in (GetMessage(message_id=message), GetConversation(conversation_id=conversation)):
        assert reader.get(request).id
        with pytest.raises(NotFound):
            theirs.get(request)
    with pytest.raises(NotFound):
        reader.get(GetMessage(message_id=new_id()))


def test_a_search_finds_nothing_of_others_and_leaves_the_role_as_it_was(front: Front, reader: Reader) -> None:
    search = sa.text("select count(*) from search_messages('%number%', 100)")
    contacts = sa.text("select count(*) from search_contacts('%person%', '%170%', 100)")
    role, seen = sa.text("select current_setting('role')"), sa.text("select count(*) from messages")
    for tenant, found in ((reader.tenant, (25, 5)), (new_id(), (0, 0))):
        with front.database.transaction(Context.new(tenant_id=tenant), TENANT, read_only=True) as uow:
            before, visible = uow.session.scalar(role), uow.session.scalar(seen)
            assert (uow.session.scalar(search), uow.session.scalar(contacts)) == found
            assert (uow.session.scalar(role), uow.session.scalar(seen)) == (before, visible)
    with front.database.transaction(Context.new(), SYSTEM, read_only=True) as uow, uow.as_tenant(reader.tenant):
        before = uow.session.scalar(role)
        assert uow.session.scalar(search) == 25
        assert uow.session.scalar(role) == before
