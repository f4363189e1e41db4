"""Say for whom an API key speaks, and note that it is in use."""

from __future__ import annotations

from services.auth.repository.api_keys import ApiKeyRepository
from services.common.contracts.auth import ApiKeyPrincipal, BadApiKey, FindApiKey, Role
from services.common.kit.uow import UnitOfWork


def run(request: FindApiKey, uow: UnitOfWork) -> ApiKeyPrincipal:
    """Raises `BadApiKey`, whatever is wrong with it."""
    key = ApiKeyRepository(uow).find_good(request.key_hash)
    if key is None:
        raise BadApiKey
    return ApiKeyPrincipal(
        api_key_id=key.id,
        tenant_id=key.tenant_id,
        role=Role.MANAGER,
        name=key.name,
        scopes=list(key.scopes),
        rate_limit_per_minute=key.rate_limit_per_minute,
        expires_at=key.expires_at,
    )
