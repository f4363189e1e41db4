"""Rows as the contracts show them."""

from __future__ import annotations

from services.auth import models
from services.auth.domain.permissions import permissions_of
from services.auth.domain.tokens import Purpose
from services.common.contracts.audit import ActorType
from services.common.contracts.auth import (
    Actor,
    ApiKey,
    AuditEntry,
    LoginAnswer,
    Me,
    Platform,
    Role,
    SessionView,
    SignedIn,
    TokenPair,
    User,
    UserStatus,
)
from services.common.contracts.tenants import PlanCode, Tenant, TenantStatus
from services.common.kit.tenancy import NO_TENANT


def user(row: models.User) -> User:
    """An account, without what only `auth` may know."""
    return User(
        id=row.id,
        tenant_id=None if row.tenant_id == NO_TENANT else row.tenant_id,
        email=row.email,
        pending_email=row.pending_email,
        name=row.name,
        role=Role(row.role),
        is_active=row.is_active,
        email_verified=row.email_verified,
        status=_status_of(row),
        salon_ids=list(row.salon_ids),
        mfa_enabled=row.mfa_enabled,
        telegram_linked=row.telegram_id is not None,
        locale=row.locale,
        last_login_at=row.last_login_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _status_of(row: models.User) -> UserStatus:
    if row.is_active:
        return UserStatus.ACTIVE
    return UserStatus.DISABLED if row.invited_at is None else UserStatus.INVITED


def me(row: models.User, of: models.Tenant | None) -> Me:
    """An account, as its owner sees it."""
    return Me(user=user(row), tenant=tenant(of), permissions=permissions_of(Role(row.role)))


def session(row: models.AuthSession, current: str | None) -> SessionView:
    """A sign-in, as its owner sees it."""
    return SessionView(
        id=row.id,
        platform=Platform(row.platform),
        device=row.device,
        address=row.address,
        is_current=row.id == current,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
    )


def api_key(row: models.ApiKey) -> ApiKey:
    """A key as its owner may see it: how it begins and ends."""
    return ApiKey(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        last4=row.last4,
        scopes=list(row.scopes),
        rate_limit_per_minute=row.rate_limit_per_minute,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
        replaced_by=row.replaced_by,
        created_by=row.created_by,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def audit_entry(row: models.AuditRow, actor_name: str | None) -> AuditEntry:
    """A line of the log; the name is that of today."""
    return AuditEntry(
        id=row.id,
        at=row.at,
        actor=Actor(type=ActorType(row.actor_type), id=row.actor_id, name=actor_name),
        action=row.action,
        target_type=row.target_type,
        target_id=row.target_id,
        before=row.before,
        after=row.after,
        address=row.address,
        request_id=row.request_id,
        source=row.source,
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


def login_answer(row: models.User, of: Tenant | None, pair: TokenPair) -> LoginAnswer:
    """What a way in answers with that could have asked for more."""
    return LoginAnswer(
        user=user(row),
        tenant=of,
        token=pair.token,
        refresh_token=pair.refresh_token,
        expires_in=pair.expires_in,
    )


def challenge(token: str, purpose: Purpose) -> LoginAnswer:
    """What it answers with that does."""
    if purpose is Purpose.MFA_ENROL:
        return LoginAnswer(mfa_required=True, mfa_token=token, enrolment_required=True)
    return LoginAnswer(mfa_required=True, mfa_token=token)
