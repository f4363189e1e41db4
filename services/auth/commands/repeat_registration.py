"""Register once more under the same `Idempotency-Key`, because the answer was lost: sign in who is registered."""

from __future__ import annotations

from services.auth import views
from services.auth.adapters.security import Security
from services.auth.domain.sessions import Origin
from services.auth.models import User
from services.auth.repository.registrations import find_repeated
from services.auth.repository.sign_ins import Challenge, SignInRepository
from services.auth.repository.users import UserRepository
from services.common.contracts.auth import EmailTaken, Platform, Register, SignedIn
from services.common.contracts.idempotency import IdempotencyKeyReused
from services.common.kit.begin import Begin
from services.common.kit.logging import get_logger
from services.common.kit.uow import SYSTEM, UnitOfWork

log = get_logger(__name__)


def run(request: Register, begin: Begin, security: Security) -> SignedIn:
    """Raises `EmailTaken` unless this very call has made the account, `IdempotencyKeyReused` for other content."""
    with begin(scope=SYSTEM) as uow:
        user = find_repeated(request, uow)
    # A hash of the request with the password in it is kept nowhere, so the password is compared.
    if not security.passwords.matches(request.password, user.password_hash or None, begin.context.deadline):
        raise IdempotencyKeyReused
    with begin(scope=SYSTEM) as uow:
        signed_in = _sign_in(user, request, uow, security)
    log.info("registration_repeated", user_id=user.id, address=begin.context.address)
    return signed_in


def _sign_in(registered: User, request: Register, uow: UnitOfWork, security: Security) -> SignedIn:
    user = UserRepository(uow).reload(registered)
    if user is None or not user.is_active or user.password_hash != registered.password_hash:
        raise EmailTaken
    origin = Origin(Platform.WEB, request.device, uow.context.address)
    outcome = SignInRepository(uow, security.limits).begin(user, origin)
    if isinstance(outcome, Challenge):
        raise EmailTaken
    return views.signed_in(user, views.tenant(outcome.tenant), security.tokens.pair(outcome.session, uow.now))
