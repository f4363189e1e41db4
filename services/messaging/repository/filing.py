"""Files the items of webhooks: one tenant after the other, and no tenant or item at another's cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from services.common.contracts.base import Event
from services.common.kit.database import is_infrastructure_error
from services.common.kit.logging import get_logger
from services.common.kit.uow import UnitOfWork
from services.messaging.domain.items import FAILED, UNKNOWN, Item, remark_of
from services.messaging.repository import bulk
from services.messaging.repository.channels import Lines, RoutingRepository
from services.messaging.repository.filed_rows import Routed
from services.messaging.repository.stored_webhooks import Stored, StoredWebhookRepository
from services.messaging.repository.tenant_filing import TenantFiling, locks_of
from services.messaging.repository.webhooks import Arrival, Outcome, Remark, WebhookItemRepository, WebhookRepository

log = get_logger(__name__)

_GONE = "Read again, the body holds no such item."

Batch = Mapping[str, Sequence[Routed]]
"""What is to be filed, by tenant."""


class Filing:
    """Files items in one transaction of `SYSTEM` scope."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def file(self, *portions: Sequence[Arrival]) -> None:
        """Give every item its outcome. What the database cannot do at the moment is raised: no item is to blame.

        Each portion is as much as one statement can carry; the locks are taken for all of them at once, because their
        order protects only who takes them together.
        """
        arrivals = [arrival for portion in portions for arrival in portion]
        if not arrivals:
            return
        lines = self._find_lines(arrivals)
        batches = [self._by_tenant(portion, lines) for portion in portions]
        names = {
            name for batch in batches for tenant_id, routed in batch.items() for name in locks_of(tenant_id, routed)
        }
        if names:
            bulk.lock(self._uow.session, names)
        for batch in batches:
            self._file_all(batch)

    def file_again(self, readings: Iterable[tuple[Stored, Iterable[Item]]]) -> None:
        """The wanted items of bodies that are kept, as they are read now.

        What became of those that nobody can be waiting for, or that are no longer found, is remarked on their body.
        """
        arrivals: list[Arrival] = []
        for stored, items in readings:
            wanted = {item.path: (item, remark_of(item)) for item in items if stored.wants(item.path)}
            filed = [item for item, remark in wanted.values() if remark is None]
            arrivals += [Arrival(stored.event_id, item, stored.received_at) for item in filed]
            remarks = [Remark(item.path, item.kind, *remark) for item, remark in wanted.values() if remark is not None]
            remarks += [Remark(path, "unknown", UNKNOWN, _GONE) for path in sorted(stored.paths - wanted.keys())]
            if remarks:
                StoredWebhookRepository(self._uow).remark(stored.event_id, remarks)
        self.file(arrivals)

    def _by_tenant(self, arrivals: Iterable[Arrival], lines: Lines) -> Batch:
        """Set aside what no channel takes."""
        by_tenant: dict[str, list[Routed]] = defaultdict(list)
        homeless: list[Arrival] = []
        for arrival in arrivals:
            fitting = lines.of(arrival.item.route)
            for line in fitting:
                by_tenant[line.tenant_id].append(Routed(arrival, line))
            if not fitting:
                homeless.append(arrival)
        if homeless:
            WebhookRepository(self._uow).set_aside(homeless)
        return {tenant_id: by_tenant[tenant_id] for tenant_id in sorted(by_tenant)}

    def _find_lines(self, arrivals: Iterable[Arrival]) -> Lines:
        """Look again, with channels held back, before calling something homeless."""
        routing = RoutingRepository(self._uow)
        routes = {arrival.item.route for arrival in arrivals}
        lines = routing.find_lines(routes)
        if all(lines.of(route) for route in routes):
            return lines
        routing.hold_channels_back()
        return routing.find_lines(routes)

    def _file_all(self, by_tenant: Batch) -> None:
        """All at once; where that fails, tenant by tenant; where that fails, one by one, to find the culprit."""
        error = self._try(by_tenant)
        if error is None:
            return
        for tenant_id, routed in by_tenant.items():
            log.warning("batch_filed_in_parts", tenant_id=tenant_id, items=len(routed), error=_words(error))
            if self._try({tenant_id: routed}) is not None:
                self._file_singly(tenant_id, routed)

    def _file_singly(self, tenant_id: str, routed: Sequence[Routed]) -> None:
        for one in routed:
            error = self._try({tenant_id: [one]})
            if error is not None:
                log.error("item_failed", tenant_id=tenant_id, event_id=one.arrival.event_id, path=one.arrival.item.path)
                self._note_failure(tenant_id, one.arrival, _words(error))

    def _try(self, by_tenant: Batch) -> Exception | None:
        """File within a savepoint; return what went wrong. Events are published for what has stayed only."""
        events: list[tuple[str, Event]] = []
        try:
            with self._uow.session.begin_nested():
                for tenant_id, routed in by_tenant.items():
                    with self._uow.as_tenant(tenant_id):
                        events += [(tenant_id, event) for event in TenantFiling(self._uow).file(routed)]
        except Exception as error:
            if is_infrastructure_error(error) and not _exceeds_a_limit(error):
                raise
            return error
        for tenant_id, event in events:
            self._uow.publish(event, tenant_id=tenant_id)
        return None

    def _note_failure(self, tenant_id: str, arrival: Arrival, reason: str) -> None:
        with self._uow.as_tenant(tenant_id):
            WebhookItemRepository(self._uow).account([Outcome(arrival, FAILED, reason)])


def _exceeds_a_limit(error: Exception) -> bool:
    """PostgreSQL's class 54, such as a value too long for an index: looks like an outage, but is the item's fault."""
    code = getattr(getattr(error, "orig", None), "pgcode", None)
    return code is not None and code.startswith("54")


def _words(error: Exception) -> str:
    """The first line: what follows is the statement with the customer's words in it."""
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
