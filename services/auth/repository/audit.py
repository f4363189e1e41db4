"""The audit log: rows are added and read, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from services.auth.domain import emails
from services.auth.models import ApiKey, AuditRow, User
from services.common.contracts.audit import ActorType, AuditRecorded
from services.common.contracts.auth import SERVICE, ListAuditLog
from services.common.contracts.base import Envelope
from services.common.contracts.codec import instant_from_wire, instant_to_wire
from services.common.kit import ids
from services.common.kit.actors import actor_of
from services.common.kit.paging import Order, Page, fetch_page
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import UnitOfWork

_DAY_LENGTH = len("2026-01-31")


def facts_of(row: User | ApiKey) -> dict[str, Any]:
    """What the log may show of a user or a key, by their names on the wire: no secret, and nothing that only counts."""
    if isinstance(row, User):
        return {
            "email": row.email,
            "emailVerified": row.email_verified,
            "isActive": row.is_active,
            "isInvited": row.invited_at is not None,
            "locale": row.locale,
            "mfaEnabled": row.mfa_enabled,
            "name": row.name,
            "pendingEmail": row.pending_email,
            "role": row.role,
            "salonIds": list(row.salon_ids),
            "telegramId": row.telegram_id,
        }
    return {
        "expiresAt": row.expires_at and instant_to_wire(row.expires_at),
        "name": row.name,
        "rateLimitPerMinute": row.rate_limit_per_minute,
        "replacedBy": row.replaced_by,
        "revokedAt": row.revoked_at and instant_to_wire(row.revoked_at),
        "scopes": list(row.scopes),
    }


class AuditRepository:
    """What happens in `auth` is written in the transaction of the change itself."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._session = uow.session

    def add(
        self,
        action: str,
        target: User | ApiKey,
        *,
        by: User | None = None,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Something happened to a user or a key; `by` somebody, where the context does not say it yet.

        Of facts that are given both as they were and as they are, those that differ are kept.
        """
        context = self._uow.context
        if before is not None and after is not None:
            before, after = _differing(before, after)
        actor_type, actor_id = (ActorType.USER, by.id) if by is not None else actor_of(context)
        self._session.add(
            AuditRow(
                tenant_id=target.tenant_id,
                id=ids.new_id(),
                at=self._uow.now,
                actor_type=actor_type.value,
                actor_id=actor_id,
                action=action,
                target_type="user" if isinstance(target, User) else "api_key",
                target_id=target.id,
                before=before,
                after=after,
                address=context.address,
                request_id=context.request_id,
                source=SERVICE,
            )
        )

    def add_failed_login(self, address: str) -> None:
        """Somebody could not sign in. One statement whoever has the address, so that its time does not tell."""
        context = self._uow.context
        values = {
            "id": ids.new_id(),
            "at": self._uow.now,
            "actor_type": actor_of(context)[0].value,
            "action": "user.login_failed",
            "target_type": "user",
            "address": context.address,
            "request_id": context.request_id,
            "source": SERVICE,
        }
        row = {name: sa.literal(value, AuditRow.__table__.c[name].type) for name, value in values.items()}
        whose = sa.select(User.tenant_id, User.id, *row.values()).where(User.email_key == emails.key_of(address))
        self._session.execute(sa.insert(AuditRow).from_select(["tenant_id", "target_id", *row], whose))

    def add_told(self, event: AuditRecorded, envelope: Envelope) -> None:
        """What another service told, once for each event."""
        self._session.execute(
            insert(AuditRow)
            .values(
                tenant_id=envelope.tenant_id or NO_TENANT,
                id=envelope.id,
                at=instant_from_wire(envelope.occurred_at),
                actor_type=str(event.actor_type),
                actor_id=event.actor_id,
                action=event.action,
                target_type=event.target_type,
                target_id=event.target_id,
                before=event.before,
                after=event.after,
                address=event.address,
                request_id=event.request_id,
                source=envelope.source,
            )
            .on_conflict_do_nothing()
        )

    def list(self, request: ListAuditLog) -> Page:
        """The tenant's log, newest first, with the names of those who still exist."""
        name = sa.func.coalesce(User.name, ApiKey.name)
        statement = (
            sa.select(AuditRow, name)
            .outerjoin(User, sa.and_(User.tenant_id == AuditRow.tenant_id, User.id == AuditRow.actor_id))
            .outerjoin(ApiKey, sa.and_(ApiKey.tenant_id == AuditRow.tenant_id, ApiKey.id == AuditRow.actor_id))
        )
        for condition in _conditions(request):
            statement = statement.where(condition)
        if request.action:
            statement = statement.where(AuditRow.action.in_(self._spelled_out(request.action)))
        order = Order(AuditRow.at, AuditRow.id, newest_first=True)
        return fetch_page(self._session, statement, order, request)

    def _spelled_out(self, wanted: Sequence[str]) -> Sequence[str]:
        """Whole actions instead of their beginnings: an index answers for these alone, however rare they are."""
        whole = {action for action in wanted if not action.endswith(".")}
        begun = tuple(action for action in wanted if action.endswith("."))
        known = self._list_actions() if begun else ()
        return sorted(whole.union(action for action in known if action.startswith(begun)))

    def _list_actions(self) -> Sequence[str]:
        """Each action in the present tenant's log once: a step in the index for each, not one for each row."""
        step = sa.select(sa.func.min(AuditRow.action).label("action")).cte("step", recursive=True)
        following = sa.select(sa.func.min(AuditRow.action)).where(AuditRow.action > step.c.action).scalar_subquery()
        steps = step.union_all(sa.select(following).where(step.c.action.is_not(None)))
        return self._session.scalars(sa.select(steps.c.action).where(steps.c.action.is_not(None))).all()


def _differing(before: dict[str, Any], after: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return {name: before.get(name) for name in changed}, {name: after.get(name) for name in changed}


def _conditions(request: ListAuditLog) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if request.actor is not None:
        found.append(AuditRow.actor_id == request.actor)
    if request.target_id is not None:
        found.append(AuditRow.target_id == request.target_id)
    if request.from_ is not None:
        found.append(AuditRow.at >= _instant(request.from_, time.min))
    if request.to is not None:
        found.append(_until(request.to))
    return found


def _until(text: str) -> sa.ColumnElement[bool]:
    """A day is included to its last microsecond, an instant is not."""
    end = _instant(text, time.max)
    return AuditRow.at <= end if _is_day(text) else AuditRow.at < end


def _instant(text: str, of_day: time) -> datetime:
    """Of a day, its time in UTC."""
    return datetime.combine(date.fromisoformat(text), of_day, UTC) if _is_day(text) else instant_from_wire(text)


def _is_day(text: str) -> bool:
    return len(text) == _DAY_LENGTH
