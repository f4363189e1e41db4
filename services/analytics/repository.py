"""Every SQL statement of `analytics`.

Counting is one statement for each table and batch, whatever the number of tenants in it. All of them take row locks in
the order conversations, messages, activity, and within a table by key, so that batches at the same time wait for each
other instead of locking each other out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from services.analytics.domain import Day, Stage, Tally
from services.common.kit.uow import UnitOfWork

Key = tuple[str, str]
"""Tenant id and the row's own id."""

_TOUCH_CONVERSATIONS = sa.text(
    """
    insert into conversations as known (tenant_id, id, last_message_at)
    select * from unnest(cast(:tenant_ids as uuid[]), cast(:row_ids as uuid[]), cast(:instants as timestamptz[]))
        as told (tenant_id, id, last_message_at) order by tenant_id, id
    on conflict (tenant_id, id) do update set last_message_at = excluded.last_message_at
        where known.last_message_at < excluded.last_message_at
    """
)

_ADD_RECEIVED = sa.text(
    """
    insert into activity as known (tenant_id, bucket_at, received)
    select * from unnest(cast(:tenant_ids as uuid[]), cast(:buckets as timestamptz[]), cast(:counts as bigint[]))
        as told (tenant_id, bucket_at, received) order by tenant_id, bucket_at
    on conflict (tenant_id, bucket_at) do update set received = known.received + excluded.received
    """
)

# What is told of a message only ever adds to what is known: its bucket once, its stage upwards. So the end is the same
# in whatever order the events come, however often, and figures are moved by exactly the difference. Adding one for
# `status` and taking one from `previous` would need each event exactly once, and the bucket, which it does not carry.
_FOLLOW_MESSAGES = sa.text(
    """
    with changed as (
        insert into outbound_messages as known (tenant_id, id, queued_bucket, stage)
        select * from unnest(
                cast(:tenant_ids as uuid[]), cast(:row_ids as uuid[]), cast(:buckets as timestamptz[]),
                cast(:stages as smallint[])
            ) as told (tenant_id, id, queued_bucket, stage) order by tenant_id, id
        on conflict (tenant_id, id) do update set
            former_bucket = known.queued_bucket,
            former_stage = known.stage,
            queued_bucket = coalesce(known.queued_bucket, excluded.queued_bucket),
            stage = greatest(known.stage, excluded.stage)
            where known.stage < excluded.stage
               or known.queued_bucket is null and excluded.queued_bucket is not null
        returning tenant_id, queued_bucket, stage, former_bucket, former_stage
    ),
    moved as (
        select tenant_id, queued_bucket as bucket_at, stage, 1 as step, cast(former_bucket is null as integer) as queued
          from changed where queued_bucket is not null
        union all
        select tenant_id, former_bucket, former_stage, -1, 0 from changed where former_bucket is not null
    )
    insert into activity as known (tenant_id, bucket_at, queued, sent, failed, delivered, read)
    select tenant_id, bucket_at, sum(queued),
           coalesce(sum(step) filter (where stage = :sent), 0), coalesce(sum(step) filter (where stage = :failed), 0),
           coalesce(sum(step) filter (where stage = :delivered), 0), coalesce(sum(step) filter (where stage = :read), 0)
      from moved group by tenant_id, bucket_at order by tenant_id, bucket_at
    on conflict (tenant_id, bucket_at) do update set
        queued = known.queued + excluded.queued, sent = known.sent + excluded.sent,
        failed = known.failed + excluded.failed, delivered = known.delivered + excluded.delivered,
        read = known.read + excluded.read
    """
)
_STAGES = {stage.name.lower(): int(stage) for stage in Stage if stage is not Stage.NONE}


class CountingRepository:
    """Counts for all tenants of a batch: in `SYSTEM` scope."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session = uow.session

    def touch_conversations(self, last_message_at: Mapping[Key, datetime]) -> None:
        """Note when conversations were written in; the latest time stays."""
        if last_message_at:
            values = _columns(last_message_at, "tenant_ids", "row_ids") | {"instants": list(last_message_at.values())}
            self._session.execute(_TOUCH_CONVERSATIONS, values)

    def add_received(self, counts: Mapping[tuple[str, datetime], int]) -> None:
        """Add messages of customers, by tenant and bucket."""
        if counts:
            values = _columns(counts, "tenant_ids", "buckets") | {"counts": list(counts.values())}
            self._session.execute(_ADD_RECEIVED, values)

    def follow_messages(self, told: Mapping[Key, tuple[datetime | None, Stage]]) -> None:
        """Note the bucket, where it is told, and the stage of messages of the business; move the figures along."""
        if told:
            values = _columns(told, "tenant_ids", "row_ids") | _STAGES
            values["buckets"] = [bucket for bucket, _ in told.values()]
            values["stages"] = [int(stage) for _, stage in told.values()]
            self._session.execute(_FOLLOW_MESSAGES, values)


def _columns(keys: Iterable[tuple[Any, Any]], *names: str) -> dict[str, Any]:
    return {name: list(column) for name, column in zip(names, zip(*keys, strict=True), strict=True)}


_KEEP_ZONE = sa.text(
    """
    insert into tenant_zones as known (tenant_id, timezone, as_of) values (:tenant_id, :timezone, :as_of)
    on conflict (tenant_id) do update set timezone = excluded.timezone, as_of = excluded.as_of
        where known.as_of < excluded.as_of
    """
)
_FIND_ZONE = sa.text("select timezone from tenant_zones where tenant_id = :tenant_id")
_DAILY = sa.text(
    """
    select coalesce(sum(received), 0), coalesce(sum(queued), 0), coalesce(sum(sent), 0), coalesce(sum(delivered), 0),
           coalesce(sum(read), 0), coalesce(sum(failed), 0)
      from unnest(cast(:dates as date[]), cast(:starts as timestamptz[]), cast(:ends as timestamptz[]))
           as days (day, starts_at, ends_at)
      left join activity on tenant_id = :tenant_id and bucket_at >= starts_at and bucket_at < ends_at
     group by day order by day
    """
)
_COUNT_CONVERSATIONS = sa.text(
    "select count(*) from conversations where tenant_id = :tenant_id and last_message_at >= :since"
)


class FiguresRepository:
    """Figures of one tenant."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id = uow.session, uow.tenant_id

    def keep_zone(self, timezone: str, as_of: datetime) -> None:
        """Copy the tenant's zone, unless what is known is as new."""
        values = {"tenant_id": self._tenant_id, "timezone": timezone, "as_of": as_of}
        self._session.execute(_KEEP_ZONE, values)

    def find_zone(self) -> str | None:
        """The name of the tenant's zone."""
        return self._session.execute(_FIND_ZONE, {"tenant_id": self._tenant_id}).scalar_one_or_none()

    def count_by_day(self, days: Sequence[Day]) -> list[tuple[date, Tally]]:
        """What was counted on each of the days, in their order."""
        values = {
            "tenant_id": self._tenant_id,
            "dates": [day.on for day in days],
            "starts": [day.start for day in days],
            "ends": [day.end for day in days],
        }
        rows = self._session.execute(_DAILY, values)
        return [(day.on, Tally(*map(int, row))) for day, row in zip(days, rows, strict=True)]

    def count_conversations(self, since: datetime) -> int:
        """Conversations written in since then."""
        values = {"tenant_id": self._tenant_id, "since": since}
        return int(self._session.execute(_COUNT_CONVERSATIONS, values).scalar_one())
