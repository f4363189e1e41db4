"""Accounts and sessions."""

from __future__ import annotations

from flask import Response

from gateway import answers
from gateway.access import CREDENTIALS, PUBLIC, person
from gateway.arrival import session_id, user_agent
from gateway.openapi.responses import JSON, other_answer, plain
from gateway.resource import Resource
from gateway.rpc import ask
from services.common.contracts.auth import (
    AcceptInvitation,
    BadCredentials,
    BadOneTimeToken,
    BadRefreshToken,
    ChangeEmail,
    ChangePassword,
    EmailTaken,
    EndSession,
    ForgotPassword,
    GetJwks,
    GetMe,
    Jwks,
    ListSessions,
    LockedOut,
    Login,
    Logout,
    ProofNeeded,
    Refresh,
    RefreshSuperseded,
    Register,
    ResetPassword,
    Role,
    SendVerification,
    SessionUnknown,
    TenantSuspended,
    TooManyLetters,
    UpdateMe,
    UserUnknown,
    VerifyEmail,
)
from services.common.contracts.base import schema_of
from services.common.contracts.tenants import SalonUnknown

auth = Resource("auth", "Accounts and sessions.")
keys = Resource("keys", "Public keys of access tokens.")

_ANY = person(Role.CUSTOMER, tenant_needed=False)

auth.route_to(
    Register,
    "POST /auth/register",
    access=CREDENTIALS,
    status=201,
    refuses=(EmailTaken, SalonUnknown, TenantSuspended),
    fallback={"device": user_agent},
)
auth.route_to(
    Login,
    "POST /auth/login",
    access=CREDENTIALS,
    refuses=(BadCredentials, LockedOut, TenantSuspended),
    fallback={"device": user_agent},
)
# Not limited like a password: a refresh token cannot be guessed, and an office shares one address.
auth.route_to(
    Refresh,
    "POST /auth/refresh",
    access=PUBLIC,
    refuses=(BadRefreshToken, RefreshSuperseded),
)
auth.route_to(Logout, "POST /auth/logout", access=_ANY, fixed={"sessionId": session_id})
auth.route_to(GetMe, "GET /auth/me", access=_ANY)
auth.route_to(UpdateMe, "PATCH /auth/me", access=_ANY)

auth.route_to(
    ChangePassword,
    "POST /auth/change-password",
    access=_ANY,
    refuses=(BadCredentials, LockedOut),
    fixed={"sessionId": session_id},
)
auth.route_to(
    ChangeEmail,
    "POST /auth/change-email",
    access=_ANY,
    status=202,
    refuses=(EmailTaken, ProofNeeded, LockedOut, TooManyLetters),
    fixed={"sessionId": session_id},
)
auth.route_to(SendVerification, "POST /auth/send-verification", access=_ANY, status=202, refuses=(TooManyLetters,))
auth.route_to(VerifyEmail, "POST /auth/verify-email", access=CREDENTIALS, refuses=(BadOneTimeToken, EmailTaken))
auth.route_to(ForgotPassword, "POST /auth/forgot-password", access=CREDENTIALS, status=202)
auth.route_to(ResetPassword, "POST /auth/reset-password", access=CREDENTIALS, refuses=(BadOneTimeToken,))
auth.route_to(
    AcceptInvitation,
    "POST /auth/accept-invitation",
    access=CREDENTIALS,
    refuses=(BadOneTimeToken, EmailTaken, TenantSuspended),
    fallback={"device": user_agent},
)

auth.route_to(ListSessions, "GET /auth/sessions", access=_ANY, refuses=(UserUnknown,), fixed={"sessionId": session_id})
auth.route_to(EndSession, "DELETE /auth/sessions/<id:sessionId>", access=_ANY, refuses=(SessionUnknown,))


@keys.route("/.well-known/jwks.json")
@PUBLIC
@keys.doc(
    **plain(
        "jwks",
        "Public keys by kid (RFC 7517)",
        PUBLIC,
        {
            "200": other_answer(
                "The keys.", JSON, schema_of(Jwks), {"keys": [{"kty": "EC", "crv": "P-256", "kid": "1"}]}
            )
        },
    )
)
def jwks() -> Response:
    response = answers.as_json(ask(GetJwks()))
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
