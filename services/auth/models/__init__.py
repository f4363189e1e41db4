"""Tables of `auth`: a module for each noun, all of them here by name.

Row-level security shows the service the users and sessions of one tenant. Signing in, refreshing and registering begin
without a tenant: they run as the system role, on the tables that the first migration lists for it.
"""

from __future__ import annotations

from services.auth.models.api_keys import ApiKey
from services.auth.models.audit import AuditRow
from services.auth.models.base import Base
from services.auth.models.letters import Letter, OneTimeToken
from services.auth.models.second_factors import RecoveryCode, TotpSeed
from services.auth.models.sessions import AuthSession, RefreshToken, Revocation
from services.auth.models.sign_ins import LoginFailure, TelegramLogin
from services.auth.models.users import Registration, Tenant, User

__all__ = [
    "ApiKey",
    "AuditRow",
    "AuthSession",
    "Base",
    "Letter",
    "LoginFailure",
    "OneTimeToken",
    "RecoveryCode",
    "RefreshToken",
    "Registration",
    "Revocation",
    "TelegramLogin",
    "Tenant",
    "TotpSeed",
    "User",
]
