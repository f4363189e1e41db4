"""The second factor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.access import CREDENTIALS, LOGIN_STEP, person
from gateway.arrival import arrival, session_id, user_agent
from gateway.refusals import BadCredential
from gateway.resource import Resource
from services.common.contracts.auth import (
    BadMfaCode,
    BadMfaToken,
    ConfirmTotp,
    DisableTotp,
    EnrolTotp,
    LockedOut,
    MfaDemanded,
    MfaEnrolled,
    MfaNotEnrolled,
    ProofNeeded,
    RegenerateRecoveryCodes,
    Role,
    TenantSuspended,
    VerifyMfa,
    WrongCode,
)

mfa = Resource("mfa", "The second factor.")

_ANY = person(Role.CUSTOMER, tenant_needed=False)


def _refuse_strangers(sent: Mapping[str, Any]) -> None:
    if arrival().principal is None and not sent.get("mfaToken"):
        raise BadCredential


mfa.route_to(
    EnrolTotp,
    "POST /auth/mfa/totp",
    access=LOGIN_STEP,
    refuses=(BadMfaToken, MfaEnrolled, ProofNeeded, LockedOut),
    guard=_refuse_strangers,
    fixed={"sessionId": session_id},
    example={},
)
mfa.route_to(
    ConfirmTotp,
    "POST /auth/mfa/totp/confirm",
    access=LOGIN_STEP,
    refuses=(BadMfaToken, WrongCode, LockedOut, MfaEnrolled, MfaNotEnrolled),
    guard=_refuse_strangers,
    fallback={"device": user_agent},
)
mfa.route_to(
    DisableTotp,
    "DELETE /auth/mfa/totp",
    access=_ANY,
    refuses=(ProofNeeded, LockedOut, MfaNotEnrolled, MfaDemanded),
    fixed={"sessionId": session_id},
    secrets_sent=True,
)
mfa.route_to(
    RegenerateRecoveryCodes,
    "POST /auth/mfa/recovery-codes",
    access=_ANY,
    refuses=(ProofNeeded, LockedOut, MfaNotEnrolled),
    fixed={"sessionId": session_id},
)
mfa.route_to(
    VerifyMfa,
    "POST /auth/mfa/verify",
    access=CREDENTIALS,
    refuses=(BadMfaToken, BadMfaCode, LockedOut, TenantSuspended),
    fallback={"device": user_agent},
)
