"""Change a location."""

from __future__ import annotations

from typing import Any

from services.common.contracts.base import UNSET
from services.common.contracts.tenants import Salon, SalonUpdatedV1, UpdateSalon
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.domain import audit, places, slugs
from services.tenants.models import SalonRow, TenantRow
from services.tenants.repository import changes
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.new_channels import find_or_add
from services.tenants.repository.salons import SalonReader, SalonRepository
from services.tenants.repository.tenants import TenantRepository

_PLAIN = ("name", "slug", "timezone", "currency", "phone", "email", "opening_hours", "slot_alignment", "is_active")


def run(request: UpdateSalon, uow: UnitOfWork) -> Salon:
    """The tenant is locked before the salon when a number is named: a channel may have to be made for it.

    What is the same already is no change, and told to nobody.
    """
    places.check_known(request.timezone, currency=request.currency)
    if request.slug is not UNSET:
        slugs.check_slug(request.slug)
    if request.opening_hours is not UNSET:
        places.check_opening_hours(request.opening_hours)
    tenant = TenantRepository(uow).lock_tenant()
    salons = SalonRepository(uow)
    row = salons.lock_salon(request.salon_id)
    before = views.salon(row, SalonReader(uow).get_salon(row.id)[1])
    changed = changes.differing(row, _values(request))
    number = before.phone_number_id if request.phone_number_id is UNSET else request.phone_number_id
    if not changed and number == before.phone_number_id:
        return before
    salons.change(row, changed)
    if number != before.phone_number_id:
        _give_number(uow, tenant, row, number)
    after = views.salon(row, SalonReader(uow).get_salon(row.id)[1])
    uow.publish(SalonUpdatedV1(salon=after))
    uow.publish(audit.entry(uow.context, "salon.updated", ("salon", row.id), before, after))
    return after


def _values(request: UpdateSalon) -> dict[str, Any]:
    values = {name: getattr(request, name) for name in _PLAIN}
    if request.address is not UNSET:
        values["address"] = None if request.address is None else request.address.to_wire()
    if request.confirmation is not UNSET:
        values["confirmation"] = request.confirmation.value
    return {name: value for name, value in values.items() if value is not UNSET}


def _give_number(uow: UnitOfWork, tenant: TenantRow, salon: SalonRow, phone_number_id: str | None) -> None:
    if phone_number_id is None:
        _let_go(uow, salon)
        return
    channel = find_or_add(uow, tenant, phone_number_id)
    ChannelRepository(uow).change(channel, {"salon_id": salon.id, "salon_default_at": uow.now})
    uow.publish(views.channel_connected(channel))


def _let_go(uow: UnitOfWork, salon: SalonRow) -> None:
    """Its channels become the tenant's."""
    channels = ChannelRepository(uow)
    for channel in channels.lock_channels_of(salon.id):
        channels.change(channel, {"salon_id": None, "salon_default_at": None})
        uow.publish(views.channel_connected(channel))
