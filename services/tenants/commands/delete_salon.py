"""Close a location for good."""

from __future__ import annotations

from services.common.contracts.tenants import DeleteSalon, SalonRemovedV1
from services.common.kit.uow import UnitOfWork
from services.tenants import views
from services.tenants.domain import audit, slugs
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.salons import SalonRepository
from services.tenants.repository.tenants import TenantRepository


def run(request: DeleteSalon, uow: UnitOfWork) -> None:
    """Its row stays for what refers to it; its slug becomes free, and its channels become the tenant's."""
    TenantRepository(uow).lock_tenant()
    salons, channels = SalonRepository(uow), ChannelRepository(uow)
    row = salons.lock_salon(request.salon_id)
    before = views.salon(row, phone_number_id=None)
    for channel in channels.lock_channels_of(row.id):
        channels.change(channel, {"salon_id": None, "salon_default_at": None})
        uow.publish(views.channel_connected(channel))
    salons.change(row, {"deleted_at": uow.now, "is_active": False, "slug": slugs.retired(row.slug, row.id)})
    uow.publish(SalonRemovedV1(salon_id=row.id))
    uow.publish(audit.entry(uow.context, "salon.removed", ("salon", row.id), before, None))
