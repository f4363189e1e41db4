"""Bring second factors under the active key, so that an older one can be retired."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.repository.second_factors import SecondFactorRepository
from services.common.kit.logging import get_logger
from services.common.kit.uow import UnitOfWork

log = get_logger(__name__)

_AT_ONCE = 500


def run(uow: UnitOfWork, security: Security) -> None:
    """A part of them at each run."""
    count = SecondFactorRepository(uow, security.key_ring).rewrap(_AT_ONCE)
    if count:
        log.info("seeds_rewrapped", count=count)
