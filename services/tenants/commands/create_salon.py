"""Open a location."""

from __future__ import annotations

from collections.abc import Iterable

from services.common.contracts.tenants import CreateSalon, Salon, SalonCreatedV1, SlugTaken
from services.common.kit import ids
from services.common.kit.uow import UnitOfWork
from services.tenants import domain, views
from services.tenants.models import SalonRow
from services.tenants.repository import SalonRepository


def run(request: CreateSalon, uow: UnitOfWork) -> Salon:
    """Open a location. A slug that was asked for is had or refused; one that was not is found."""
    domain.check_timezone(request.timezone)
    domain.check_opening_hours(request.opening_hours or {})
    row = _add(SalonRepository(uow), request)
    uow.publish(SalonCreatedV1(salon_id=row.id, name=row.name, timezone=row.timezone, currency=row.currency))
    return views.salon(row, phone_number_id=None)


def _add(salons: SalonRepository, request: CreateSalon) -> SalonRow:
    for slug in _slugs(request):
        row = salons.add_salon(request, slug)
        if row is not None:
            return row
    raise SlugTaken


def _slugs(request: CreateSalon) -> Iterable[str]:
    if request.slug is not None:
        return [request.slug]
    return domain.slug_candidates(request.name, "salon", ids.new_id())
