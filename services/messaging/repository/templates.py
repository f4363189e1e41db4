"""Templates, as the provider told of them last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy import text

from services.common.contracts.messaging import ListTemplates, TemplateUnknown
from services.common.kit.ids import new_id
from services.common.kit.paging import Order, Page, fetch_page
from services.common.kit.uow import UnitOfWork
from services.messaging.domain.templates import (
    ListedTemplate,
    TemplateNews,
    is_warning,
    rejection_reason,
    status_of,
)
from services.messaging.models import TemplateRow
from services.messaging.repository.bulk import as_json
from services.messaging.repository.channels import Account

_TOLD = (
    "salon_id",
    "external_id",
    "category",
    "status",
    "provider_status",
    "rejection_reason",
    "parameter_format",
    "components",
)


def _columns_of(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in _TOLD)


_CHANGED = f"({_columns_of('t')}) is distinct from ({_columns_of('excluded')})"

_STORE = text(
    f"""
    insert into templates as t (
        tenant_id, id, business_account_id, name, language, {", ".join(_TOLD)}, told_at, version, created_at, updated_at
    )
    select :tenant_id, r.id, :account_id, r.name, r.language, {_columns_of("r")}, :told_at, 1,
        :now, :now
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        id uuid, name text, language text, salon_id uuid, external_id text, category text, status text,
        provider_status text, rejection_reason text, parameter_format text, components jsonb
    )
    order by r.id
    on conflict (tenant_id, business_account_id, name, language) do update set
        ({", ".join(_TOLD)}) = row ({_columns_of("excluded")}),
        told_at = excluded.told_at,
        version = case when {_CHANGED} then t.version + 1 else t.version end,
        updated_at = case when {_CHANGED} then excluded.updated_at else t.updated_at end
    where t.told_at <= excluded.told_at
    returning t.xmax = 0 as is_new, t.updated_at = :now as is_changed
    """  # noqa: S608  the only things put in are the constants above
)
_REMOVE = text(
    """
    delete from templates
    where tenant_id = :tenant_id and business_account_id = :account_id and told_at < :told_at
    returning id
    """
)
_IS_NEWS = "(provider_status, rejection_reason) is distinct from (:provider_status, :rejection_reason)"

# The provider's clock counts whole seconds: what it tells of the second in which we asked may be news.
_TELL = text(
    f"""
    update templates set
        status = :status, provider_status = :provider_status, rejection_reason = :rejection_reason,
        told_at = greatest(told_at, :at),
        version = case when {_IS_NEWS} then version + 1 else version end,
        updated_at = case when {_IS_NEWS} then :now else updated_at end
    where tenant_id = :tenant_id and business_account_id = :account_id and external_id = :external_id
        and date_trunc('second', told_at) <= :at
    """  # noqa: S608  as above
)


def templates_lock(tenant_id: str) -> str:
    """The name of what whoever changes a tenant's templates must be alone with."""
    return f"templates {tenant_id}"


class Stored(NamedTuple):
    """How many templates a list has changed, and how many it has."""

    added: int
    updated: int
    removed: int
    total: int


class TemplateRepository:
    """Templates of one tenant."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._session, self._tenant_id, self._now = uow.session, uow.tenant_id, uow.now

    def get_template(self, template_id: str) -> TemplateRow:
        """Raises `TemplateUnknown`."""
        found = self._session.scalar(self._templates().where(TemplateRow.id == template_id))
        if found is None:
            raise TemplateUnknown
        return found

    def list_templates(self, request: ListTemplates) -> Page:
        """A page, the oldest first."""
        order = Order(TemplateRow.created_at, TemplateRow.id)
        return fetch_page(self._session, self._templates().where(*_filters(request)), order, request)

    def count(self, account: Account) -> int:
        """How many of an account there are. Right until the commit under the tenant's `templates_lock`."""
        mine = sa.select(sa.func.count()).where(TemplateRow.tenant_id == self._tenant_id)
        return self._session.scalar(mine.where(TemplateRow.business_account_id == account.account_id)) or 0

    def store(self, account: Account, listed: Sequence[ListedTemplate], told_at: datetime) -> Stored:
        """Take over the whole list of an account, as it was at an instant; what was told later stays.

        Under the tenant's `templates_lock`.
        """
        ids = sorted(new_id() for _ in listed)  # new ones of one list stand by name
        by_name = sorted(listed, key=lambda template: (template.name, template.language))
        rows = [_row(template, account.salon_id) | {"id": id_} for template, id_ in zip(by_name, ids, strict=True)]
        values = {"tenant_id": self._tenant_id, "account_id": account.account_id, "told_at": told_at}
        stored = self._session.execute(_STORE, values | {"rows": as_json(rows), "now": self._now}).all()
        removed = self._session.execute(_REMOVE, values).all()
        added = sum(row.is_new for row in stored)
        return Stored(added, sum(row.is_changed for row in stored) - added, len(removed), len(rows))

    def tell(self, account_id: str, news: TemplateNews, received_at: datetime) -> None:
        """Take over what has become of a template; of one that is in no list yet, the next list tells.

        Under the tenant's `templates_lock`.
        """
        if is_warning(news.provider_status):
            return
        values = {
            "tenant_id": self._tenant_id,
            "account_id": account_id,
            "external_id": news.external_id,
            "status": status_of(news.provider_status).value,
            "provider_status": news.provider_status,
            "rejection_reason": rejection_reason(news.provider_status, news.reason),
            "at": news.at or received_at,
            "now": self._now,
        }
        self._session.execute(_TELL, values)

    def _templates(self) -> sa.Select[TemplateRow]:
        return sa.select(TemplateRow).where(TemplateRow.tenant_id == self._tenant_id)


def _row(template: ListedTemplate, salon_id: str | None) -> dict[str, Any]:
    told = template._asdict()
    told["rejection_reason"] = rejection_reason(template.provider_status, template.rejection_reason)
    return told | {"salon_id": salon_id, "status": status_of(template.provider_status).value}


def _filters(request: ListTemplates) -> list[sa.ColumnElement[bool]]:
    asked: list[tuple[Any, Any]] = [
        (TemplateRow.status, request.status),
        (TemplateRow.category, request.category),
        (TemplateRow.language, request.language),
        (TemplateRow.name, request.name),
    ]
    filters = [column == value for column, value in asked if value is not None]
    if request.q is not None:
        filters.append(TemplateRow.name.icontains(request.q, autoescape=True))
    return filters
