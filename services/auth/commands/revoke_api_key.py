"""End an API key at once."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.repository.api_keys import ApiKeyRepository
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.revocations import RevocationRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import RevokeApiKey, Role
from services.common.kit.uow import UnitOfWork


def run(request: RevokeApiKey, uow: UnitOfWork, security: Security) -> None:
    """Raises `ApiKeyUnknown`. A second time changes nothing."""
    UserRepository(uow).caller(Role.OWNER)
    key = ApiKeyRepository(uow).get(request.api_key_id)
    if key.revoked_at is not None:
        return
    before = facts_of(key)
    key.revoked_at = key.updated_at = uow.now
    key.sealed_key = None
    RevocationRepository(uow, security.limits.access).add_key(key)
    AuditRepository(uow).add("api_key.revoked", key, before=before, after=facts_of(key))
