"""Files the items of webhooks: one tenant after the other, and no tenant or item at another's cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from services.common.contracts.base import Event
from services.common.kit.database import is_infrastructure_error
from services.common.kit.logging import get_logger
from services.common.kit.uow import UnitOfWork
from services.messaging.domain.items import FAILED
from services.messaging.repository import bulk
from services.messaging.repository.channels import Lines, RoutingRepository
from services.messaging.repository.filed_rows import Routed
from services.messaging.repository.tenant_filing import TenantFiling, locks_of
from services.messaging.repository.webhooks import Arrival, Outcome, WebhookItemRepository, WebhookRepository

log = get_logger(__name__)

Batch = Mapping[str, Sequence[Routed]]
"""What is to be filed, by tenant."""


class Filing:
    """Files items in one transaction of `SYSTEM` scope."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def file(self, arrivals: Sequence[Arrival]) -> None:
        """Give every item its outcome. What the database cannot do at the moment is raised: no item is to blame."""
        by_tenant: dict[str, list[Routed]] = defaultdict(list)
        homeless: list[Arrival] = []
        lines = self._find_lines(arrivals)
        for arrival in arrivals:
            fitting = lines.of(arrival.item.route)
            for line in fitting:
                by_tenant[line.tenant_id].append(Routed(arrival, line))
            if not fitting:
                homeless.append(arrival)
        if homeless:
            WebhookRepository(self._uow).set_aside(homeless)
        self._file_all({tenant_id: by_tenant[tenant_id] for tenant_id in sorted(by_tenant)})

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
        names = {name for tenant_id, routed in by_tenant.items() for name in locks_of(tenant_id, routed)}
        if names:
            bulk.lock(self._uow.session, names)
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
