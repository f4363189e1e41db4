"""Make an API key."""

from __future__ import annotations

from services.auth import views
from services.auth.adapters.security import Security
from services.auth.domain.permissions import key_scopes
from services.auth.models import ApiKey
from services.auth.repository.api_keys import ApiKeyRepository
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import CreateApiKey, NewApiKey, Role, ScopeUnknown
from services.common.contracts.errors import Invalid
from services.common.kit.begin import Begin
from services.common.kit.uow import TENANT, UnitOfWork


def run(request: CreateApiKey, begin: Begin, security: Security) -> NewApiKey:
    """Raises `ScopeUnknown` or `Invalid`. In a step of its own, so that the kit stores no answer with a secret."""
    unknown = sorted(set(request.scopes) - key_scopes())
    if unknown:
        raise ScopeUnknown(details={"scopes": f"Not for API keys: {', '.join(unknown)}."})
    with begin(scope=TENANT) as uow:
        keys = ApiKeyRepository(uow)
        key = keys.make_once(request, lambda: _make(request, uow, security))
        return NewApiKey(api_key=views.api_key(key), key=keys.secret_of(key, security.key_ring))


def _make(request: CreateApiKey, uow: UnitOfWork, security: Security) -> ApiKey:
    caller = UserRepository(uow).caller(Role.OWNER)
    if request.expires_at is not None and request.expires_at <= uow.now:
        raise Invalid("Some values are refused: expiresAt.", {"expiresAt": "Must be in the future."})
    key = ApiKey(
        tenant_id=uow.tenant_id,
        name=request.name,
        scopes=sorted(set(request.scopes)),
        rate_limit_per_minute=request.rate_limit_per_minute,
        expires_at=request.expires_at,
        created_by=caller.id,
    )
    ApiKeyRepository(uow).add(key, security.key_ring)
    AuditRepository(uow).add("api_key.created", key, after=facts_of(key))
    return key
