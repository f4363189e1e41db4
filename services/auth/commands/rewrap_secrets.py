"""Bring everything that is sealed under the active key, so that an older one can be retired."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.repository.sealed import KINDS, Kind, SealedRepository
from services.common.kit.begin import Begin
from services.common.kit.envelope import Place
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM

log = get_logger(__name__)

_AT_ONCE = 500


def run(begin: Begin, security: Security) -> None:
    """All of each kind, in portions: what does not open is passed by and keeps nothing else waiting."""
    count = sum(_rewrap(kind, begin, security) for kind in KINDS)
    if count:
        log.info("secrets_rewrapped", count=count)


def _rewrap(kind: Kind, begin: Begin, security: Security) -> int:
    count = 0
    place: Place | None = None
    while not begin.stopping:
        with begin(scope=SYSTEM) as uow:
            portion = SealedRepository(uow).rewrap(kind, security.key_ring, _AT_ONCE, place)
        if portion is None:
            break
        count, place = count + portion.count, portion.last
    return count
