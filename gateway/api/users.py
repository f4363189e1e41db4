"""Users of a tenant, and what they and others did."""

from __future__ import annotations

from gateway.access import person, role
from gateway.resource import Resource
from services.common.contracts.auth import (
    EmailTaken,
    GetUser,
    InviteUser,
    LastOwner,
    ListAuditLog,
    ListUsers,
    NotInvited,
    OwnAccount,
    RemoveUser,
    ResendInvitation,
    Role,
    RoleTooHigh,
    TooManyLetters,
    UpdateUser,
    UserUnknown,
)

users = Resource("users", "Who works in a tenant.")
audit_log = Resource("audit-log", "Who did what, when and from where.")

_MANAGER = person(Role.MANAGER)
_RANKS = (RoleTooHigh, OwnAccount, UserUnknown, LastOwner)

users.route_to(InviteUser, "POST /users", access=_MANAGER, status=201, refuses=(RoleTooHigh, EmailTaken))
users.route_to(ListUsers, "GET /users", access=_MANAGER)
users.route_to(GetUser, "GET /users/<id:userId>", access=_MANAGER, refuses=(UserUnknown,))
users.route_to(UpdateUser, "PATCH /users/<id:userId>", access=_MANAGER, refuses=_RANKS)
users.route_to(RemoveUser, "DELETE /users/<id:userId>", access=_MANAGER, refuses=_RANKS)
users.route_to(
    ResendInvitation,
    "POST /users/<id:userId>/resend-invitation",
    access=_MANAGER,
    status=202,
    refuses=(UserUnknown, NotInvited, RoleTooHigh, TooManyLetters),
)

audit_log.route_to(ListAuditLog, "GET /audit-log", access=role(Role.OWNER, "audit-log"))
