"""A tenant with one number, as the tests of filing need it."""

from __future__ import annotations

from typing import Any

from services.common.contracts.messaging import ListConversations, ListMessages
from services.common.kit.context import Context
from services.common.kit.ids import new_id
from services.common.kit.uow import TENANT
from services.messaging import queries
from tests.integration.messaging.webhooks import Front, body_of, value_of

POISON = "words that the database will not take"


def wamid() -> str:
    """An id of the provider that nothing else has."""
    return f"wamid.{new_id()}"


class Shop:
    """A tenant with one number that nobody else has."""

    def __init__(self, front: Front) -> None:
        self.front, self.tenant, self.number, self.account = front, new_id(), new_id(), new_id()
        self.channel = front.connect(self.tenant, self.number, self.account)

    def post(self, *messages: dict[str, Any], **more: Any) -> None:
        self.front.post(self.body(*messages, **more))

    def body(self, *messages: dict[str, Any], **more: Any) -> dict[str, Any]:
        return body_of(value_of(messages, number=self.number, **more), account=self.account)

    def rows(self, statement: str) -> Any:
        return self.front.rows(statement, tenant=self.tenant)

    def count(self, table: str) -> int:
        return int(self.rows(f"select count(*) from {table} where tenant_id = :tenant")[0][0])

    def outcomes(self) -> dict[str, int]:
        asked = "select outcome, count(*) from webhook_items where tenant_id = :tenant group by 1"
        return dict(self.rows(asked))

    def conversation(self) -> Any:
        return self.rows("select * from conversations where tenant_id = :tenant")[0]

    def list(self, request: Any) -> Any:
        with self.front.database.transaction(Context.new(tenant_id=self.tenant), TENANT, read_only=True) as uow:
            answer = {ListMessages: queries.list_messages, ListConversations: queries.list_conversations}
            return answer[type(request)](request, uow)  # type: ignore[operator]  # each with its own request
