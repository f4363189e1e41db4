"""Tell others anew what they keep copies of, where an earlier release has told them less."""

from __future__ import annotations

from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM, TENANT, UnitOfWork
from services.tenants import views
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.platform import PlatformRepository
from services.tenants.repository.tenants import SettingsRepository, TenantRepository

log = get_logger(__name__)

_AT_ONCE = 200


def run(begin: Begin) -> int:
    """How many tenants there were to tell of. An operator who wants it all again sets `tenants.told` to 0."""
    with begin(SYSTEM, read_only=True) as uow:
        waiting = PlatformRepository(uow).list_told_less(views.EDITION, _AT_ONCE)
    for tenant_id in waiting:
        with begin(TENANT, tenant_id) as uow:
            _tell(uow)
    if waiting:
        log.info("tenants_told_anew", edition=views.EDITION, tenants=len(waiting))
    return len(waiting)


def _tell(uow: UnitOfWork) -> None:
    tenants, channels = TenantRepository(uow), ChannelRepository(uow)
    tenant = tenants.lock_tenant()
    uow.publish(views.tenant_updated(tenant, SettingsRepository(uow).find()))
    for channel in channels.lock_all():
        channels.change(channel, {})  # a copy takes a newer version only
        uow.publish(views.channel_connected(channel))
    tenants.note_told(tenant, views.EDITION)
