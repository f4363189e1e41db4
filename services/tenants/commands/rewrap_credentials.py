"""Put credentials under the active key."""

from __future__ import annotations

from collections.abc import Iterator

from services.common.kit.begin import Begin
from services.common.kit.envelope import KeyRing, SealError
from services.common.kit.logging import get_logger
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import SYSTEM, TENANT, UnitOfWork
from services.tenants import views
from services.tenants.repository.channels import ChannelRepository
from services.tenants.repository.credentials import place_of
from services.tenants.repository.platform import PlatformRepository

log = get_logger(__name__)

_AT_ONCE = 200
_FIRST = (NO_TENANT, NO_TENANT)


def run(begin: Begin, keys: KeyRing) -> int:
    """How many were put under the active key. The secrets themselves are not opened; `messaging` is told."""
    done, failed = 0, 0
    for tenant_id, channel_id in _waiting(begin, keys):
        with begin(TENANT, tenant_id) as uow:
            is_done = _rewrap(uow, channel_id, keys)
        done, failed = done + is_done, failed + (not is_done)
    if done or failed:
        log.info("credentials_rewrapped", key=keys.active, done=done, failed=failed)
    return done


def _waiting(begin: Begin, keys: KeyRing) -> Iterator[tuple[str, str]]:
    """Tenant and id of one channel after the other, so that those that do not open keep no others waiting."""
    place = _FIRST
    while not begin.stopping:
        with begin(SYSTEM, read_only=True) as uow:
            portion = PlatformRepository(uow).list_under_other_keys(keys.active, _AT_ONCE, place)
        if not portion:
            return
        yield from portion
        place = portion[-1]


def _rewrap(uow: UnitOfWork, channel_id: str, keys: KeyRing) -> bool:
    """Whether it is under the active key now. One that does not open is left as it is, for somebody to look at."""
    channels = ChannelRepository(uow)
    row = channels.find_to_rewrap(channel_id)
    if row is None or row.credentials is None or not keys.needs_rewrap(row.credentials):
        return True
    try:
        rewrapped = keys.rewrap(row.credentials, place_of(row))
    except SealError:
        log.exception("credentials_unreadable", channel_id=channel_id)
        return False
    channels.change(row, {"credentials": rewrapped})
    uow.publish(views.channel_connected(row))
    return True
