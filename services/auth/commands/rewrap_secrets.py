"""Bring everything that is sealed under the active key, so that an older one can be retired."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.repository.sealed import SealedRepository
from services.common.kit.logging import get_logger
from services.common.kit.uow import UnitOfWork

log = get_logger(__name__)

_AT_ONCE = 500


def run(uow: UnitOfWork, security: Security) -> None:
    """A part of each kind at each run."""
    count = SealedRepository(uow).rewrap(security.key_ring, _AT_ONCE)
    if count:
        log.info("secrets_rewrapped", count=count)
