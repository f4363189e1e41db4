"""Reads of `auth`."""

from __future__ import annotations

from services.auth import views
from services.auth.domain.roles import may_change
from services.auth.domain.sessions import SessionLimits
from services.auth.repository.accounts import AccountReader
from services.auth.repository.api_keys import ApiKeyRepository
from services.auth.repository.audit import AuditRepository
from services.auth.repository.revocations import RevocationRepository
from services.auth.repository.sessions import SessionRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import (
    ApiKeyPage,
    AuditPage,
    GetUser,
    ListApiKeys,
    ListAuditLog,
    ListSessions,
    ListUsers,
    Me,
    Revocation,
    RevocationKind,
    Revocations,
    Role,
    SessionPage,
    User,
    UserPage,
    UserUnknown,
)
from services.common.contracts.errors import Unauthenticated
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import UnitOfWork


def get_me(uow: UnitOfWork) -> Me:
    """The caller's account, read as its tenant: a token with another's tenant finds nobody."""
    context = uow.context
    if context.user_id is None:
        raise Unauthenticated
    accounts = AccountReader(uow)
    with uow.as_tenant(context.tenant_id or NO_TENANT):
        user, tenant = accounts.find_user(context.user_id), accounts.find_tenant()
    if user is None:
        raise Unauthenticated
    return views.me(user, tenant)


def list_sessions(request: ListSessions, uow: UnitOfWork, limits: SessionLimits) -> SessionPage:
    """Open sessions of the caller, or of somebody whom the caller may change."""
    caller = UserRepository(uow).caller()
    with uow.as_tenant(caller.tenant_id):
        user = caller if request.user_id in (None, caller.id) else UserRepository(uow).get(request.user_id or "")
        if user is not caller and not may_change(caller.role, caller.salon_ids, user.role, user.salon_ids):
            raise UserUnknown
        page = SessionRepository(uow, limits).list_open(user.id, request)
    sessions = [views.session(row[0], request.session_id) for row in page.rows]
    return SessionPage(sessions=sessions, pagination=page.pagination)


def list_revocations(uow: UnitOfWork, limits: SessionLimits) -> Revocations:
    """What the gateway has to refuse, of all tenants."""
    present = RevocationRepository(uow, limits.access).list_present()
    return Revocations(
        revocations=[
            Revocation(kind=RevocationKind(kind), id=subject, version=version, expires_at=end)
            for kind, subject, version, end in present
        ]
    )


def list_users(request: ListUsers, uow: UnitOfWork) -> UserPage:
    """The tenant's people."""
    page = UserRepository(uow).list(request)
    return UserPage(users=[views.user(row[0]) for row in page.rows], pagination=page.pagination)


def get_user(request: GetUser, uow: UnitOfWork) -> User:
    """One of them. Raises `UserUnknown`."""
    return views.user(UserRepository(uow).get(request.user_id))


def list_api_keys(request: ListApiKeys, uow: UnitOfWork) -> ApiKeyPage:
    """The tenant's keys."""
    UserRepository(uow).caller(Role.OWNER)
    page = ApiKeyRepository(uow).list(request)
    return ApiKeyPage(api_keys=[views.api_key(row[0]) for row in page.rows], pagination=page.pagination)


def list_audit_log(request: ListAuditLog, uow: UnitOfWork) -> AuditPage:
    """What happened in the tenant."""
    UserRepository(uow).caller(Role.OWNER)
    page = AuditRepository(uow).list(request)
    return AuditPage(entries=[views.audit_entry(row[0], row[1]) for row in page.rows], pagination=page.pagination)
