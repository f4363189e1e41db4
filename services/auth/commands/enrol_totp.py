"""Begin with a second factor: a seed that counts only after its first code."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.domain import second_factor
from services.auth.repository.second_factors import SecondFactorRepository
from services.common.contracts.auth import EnrolTotp, TotpEnrolment
from services.common.kit.begin import Begin
from services.common.kit.uow import SYSTEM


def run(request: EnrolTotp, begin: Begin, security: Security) -> TotpEnrolment:
    """Raises `MfaEnrolled` or `BadMfaToken`. In a step of its own, so that the kit stores no answer with a secret."""
    secret = second_factor.new_secret()
    with begin(scope=SYSTEM) as uow:
        factors = SecondFactorRepository(uow, security.key_ring)
        user, _ = factors.enrollee(request.mfa_token)
        factors.begin(user, secret)
    return TotpEnrolment(secret=secret, otpauth_uri=second_factor.uri_of(secret, user.email or user.name))
