"""Open a location."""

from __future__ import annotations

from collections.abc import Iterable

from services.common.contracts.base import UNSET
from services.common.contracts.tenants import CreateSalon, Salon, SalonCreatedV1, SlugTaken
from services.common.kit import ids
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.domain import audit, places, slugs
from services.tenants.models import SalonRow, TenantRow
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.new_channels import find_or_add
from services.tenants.repository.salons import SalonRepository
from services.tenants.repository.tenants import TenantRepository


def run(request: CreateSalon, uow: UnitOfWork) -> Salon:
    """A slug that was asked for is had or refused; one that was not is found. The tenant is locked first, as always."""
    places.check_known(request.timezone, currency=request.currency)
    if request.slug is not None:
        slugs.check_slug(request.slug)
    places.check_opening_hours(request.opening_hours or {})
    tenant = TenantRepository(uow).lock_tenant()
    row = _add(SalonRepository(uow), request)
    phone_number_id = None if request.phone_number_id is UNSET else request.phone_number_id
    if phone_number_id is not None:
        _give_number(uow, tenant, row, phone_number_id)
    salon = views.salon(row, phone_number_id)
    uow.publish(
        SalonCreatedV1(salon_id=row.id, name=row.name, timezone=row.timezone, currency=row.currency, salon=salon)
    )
    uow.publish(audit.entry(uow.context, "salon.created", ("salon", row.id), None, salon))
    return salon


def _add(salons: SalonRepository, request: CreateSalon) -> SalonRow:
    for slug in _slugs(request):
        row = salons.add_salon(request, slug)
        if row is not None:
            return row
    raise SlugTaken


def _slugs(request: CreateSalon) -> Iterable[str]:
    if request.slug is not None:
        return [request.slug]
    return slugs.slug_candidates(request.name, "salon", ids.new_id())


def _give_number(uow: UnitOfWork, tenant: TenantRow, salon: SalonRow, phone_number_id: str) -> None:
    channel = find_or_add(uow, tenant, phone_number_id)
    ChannelRepository(uow).change(channel, {"salon_id": salon.id, "salon_default_at": uow.now})
    uow.publish(views.channel_connected(channel))
