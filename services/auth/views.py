"""Rows as the contracts show them."""

from __future__ import annotations

from services.auth import models
from services.common.contracts.auth import Role, SignedIn, TokenPair, User, UserStatus
from services.common.contracts.tenants import PlanCode, Tenant, TenantStatus
from services.common.kit.tenancy import NO_TENANT


def user(row: models.User) -> User:
    """An account, without what only `auth` may know."""
    return User(
        id=row.id,
        tenant_id=None if row.tenant_id == NO_TENANT else row.tenant_id,
        email=row.email,
        name=row.name,
        role=Role(row.role),
        is_active=row.is_active,
        email_verified=row.email_verified,
        status=UserStatus.ACTIVE if row.is_active else UserStatus.DISABLED,
        salon_ids=[],
        mfa_enabled=False,
        telegram_linked=False,
        locale=None,
        last_login_at=row.last_login_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def tenant(row: models.Tenant | None) -> Tenant | None:
    """The copy of a tenant's facts, once there is one."""
    if row is None:
        return None
    return Tenant(
        id=row.tenant_id,
        name=row.name,
        slug=row.slug,
        plan=PlanCode(row.plan),
        status=TenantStatus(row.status),
        timezone=row.timezone,
        locale=row.locale,
        currency=row.currency,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def signed_in(row: models.User, of: Tenant | None, pair: TokenPair) -> SignedIn:
    """What a new session answers with."""
    return SignedIn(
        user=user(row),
        tenant=of,
        token=pair.token,
        refresh_token=pair.refresh_token,
        expires_in=pair.expires_in,
    )
