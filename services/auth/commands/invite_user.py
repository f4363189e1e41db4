"""Invite somebody to the caller's tenant. The address becomes theirs only when they accept."""

from __future__ import annotations

from services.auth import views
from services.auth.domain import emails
from services.auth.domain.letters import LetterKind
from services.auth.domain.roles import is_within, may_grant
from services.auth.models import User
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.letters import LetterRepository
from services.auth.repository.users import UserRepository
from services.common.contracts import auth
from services.common.contracts.auth import EmailTaken, InviteUser, Role, RoleTooHigh
from services.common.contracts.errors import Invalid
from services.common.kit import ids
from services.common.kit.uow import UnitOfWork


def run(request: InviteUser, uow: UnitOfWork) -> auth.User:
    """Raises `RoleTooHigh`, or `EmailTaken` for somebody who has an account or an invitation of this tenant."""
    users = UserRepository(uow)
    caller = users.caller(Role.MANAGER)
    salons = sorted(set(request.salon_ids or ()))
    if not may_grant(caller.role, request.role) or not is_within(caller.salon_ids, salons):
        raise RoleTooHigh
    if request.role is Role.OWNER and salons:
        raise Invalid("Some values are refused: salonIds.", {"salonIds": "An owner is not limited to salons."})
    if users.find_by_email(request.email) is not None:
        raise EmailTaken
    with uow.as_tenant(caller.tenant_id):
        user = _invited(request, caller, salons, uow)
        users.add(user)
        LetterRepository(uow).order(LetterKind.INVITATION, user)
        AuditRepository(uow).add("user.invited", user, after=facts_of(user))
        uow.session.flush()
    return views.user(user)


def _invited(request: InviteUser, caller: User, salons: list[str], uow: UnitOfWork) -> User:
    return User(
        tenant_id=caller.tenant_id,
        id=ids.new_id(),
        email=emails.normalise(request.email),
        email_key=None,
        name=request.name or emails.local_part(request.email),
        role=request.role.value,
        is_active=False,
        email_verified=False,
        password_hash="",
        token_version=1,
        invited_at=uow.now,
        invited_email_key=emails.key_of(request.email),
        salon_ids=salons,
        mfa_enabled=False,
        created_at=uow.now,
        updated_at=uow.now,
    )
