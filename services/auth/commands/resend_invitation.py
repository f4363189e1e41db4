"""Send an invitation anew. The token of the earlier mail stops being good when the new one is written."""

from __future__ import annotations

from services.auth.domain.letters import LetterKind
from services.auth.domain.roles import may_change
from services.auth.repository.audit import AuditRepository
from services.auth.repository.letters import LetterRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import NotInvited, ResendInvitation, Role, RoleTooHigh
from services.common.kit.uow import UnitOfWork


def run(request: ResendInvitation, uow: UnitOfWork) -> None:
    """Raises `UserUnknown`, `RoleTooHigh`, `NotInvited` or `TooManyLetters`."""
    users = UserRepository(uow)
    caller = users.caller(Role.MANAGER)
    user = users.get(request.user_id)
    if not may_change(caller.role, caller.salon_ids, user.role, user.salon_ids):
        raise RoleTooHigh
    if user.invited_at is None:
        raise NotInvited
    LetterRepository(uow).order_limited(LetterKind.INVITATION, user)
    AuditRepository(uow).add("user.invitation_resent", user)
