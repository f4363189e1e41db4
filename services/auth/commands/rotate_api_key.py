"""Replace an API key by a new one with the same rights; the old one stays good for a while."""

from __future__ import annotations

from datetime import timedelta

from services.auth import views
from services.auth.adapters.security import Security
from services.auth.models import ApiKey
from services.auth.repository.api_keys import ApiKeyRepository
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.revocations import RevocationRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import ApiKeyOver, NewApiKey, Role, RotateApiKey
from services.common.kit.begin import Begin
from services.common.kit.uow import TENANT, UnitOfWork


def run(request: RotateApiKey, begin: Begin, security: Security) -> NewApiKey:
    """Raises `ApiKeyUnknown`, or `ApiKeyOver` for one that is revoked, expired or replaced."""
    with begin(scope=TENANT) as uow:
        keys = ApiKeyRepository(uow)
        key = keys.make_once(request, lambda: _replace(request, uow, security))
        return NewApiKey(api_key=views.api_key(key), key=keys.secret_of(key, security.key_ring))


def _replace(request: RotateApiKey, uow: UnitOfWork, security: Security) -> ApiKey:
    caller = UserRepository(uow).caller(Role.OWNER)
    keys = ApiKeyRepository(uow)
    old = keys.get(request.api_key_id)
    if not keys.is_good(old) or old.replaced_by is not None:
        raise ApiKeyOver
    new = ApiKey(
        tenant_id=old.tenant_id,
        name=old.name,
        scopes=list(old.scopes),
        rate_limit_per_minute=old.rate_limit_per_minute,
        expires_at=old.expires_at,
        created_by=caller.id,
    )
    keys.add(new, security.key_ring)
    before = facts_of(old)
    end = uow.now + timedelta(seconds=request.grace_seconds)
    old.replaced_by, old.updated_at = new.id, uow.now
    old.expires_at = end if old.expires_at is None else min(end, old.expires_at)
    if request.grace_seconds == 0:
        RevocationRepository(uow, security.limits.access).add_key(old)
    AuditRepository(uow).add("api_key.rotated", old, before=before, after=facts_of(old))
    return new
