"""Begin with a second factor: a seed that counts only after its first code."""

from __future__ import annotations

from services.auth.adapters.security import Security
from services.auth.domain import second_factor
from services.auth.repository.proofs import PasswordProof, ProofRepository, compare_password
from services.auth.repository.second_factors import SecondFactorRepository
from services.common.contracts.auth import EnrolTotp, TotpEnrolment
from services.common.contracts.errors import ServiceError
from services.common.kit.begin import Begin
from services.common.kit.uow import SYSTEM, UnitOfWork


def run(request: EnrolTotp, begin: Begin, security: Security) -> TotpEnrolment:
    """Raises `MfaEnrolled`, `BadMfaToken`, `ProofNeeded` or `LockedOut`.

    In a step of its own, so that the kit stores no answer with a secret.
    """
    matches = compare_password(request.password, begin, security.passwords.matches)
    with begin(scope=SYSTEM) as uow:
        outcome = _begin(request, uow, security, password_matches=matches)
    if isinstance(outcome, ServiceError):
        raise outcome
    return outcome


def _begin(
    request: EnrolTotp, uow: UnitOfWork, security: Security, *, password_matches: bool
) -> TotpEnrolment | ServiceError:
    factors = SecondFactorRepository(uow, security.key_ring)
    user, token = factors.enrollee(request.mfa_token)
    if token is None:  # else the password was given a moment ago
        proof = PasswordProof(request.password, request.session_id)
        refused = ProofRepository(uow, security).refuse(user, proof, password_matches=password_matches)
        if refused is not None:
            return refused
    secret = second_factor.new_secret()
    factors.begin(user, secret)
    return TotpEnrolment(secret=secret, otpauth_uri=second_factor.uri_of(secret, user.email or user.name))
