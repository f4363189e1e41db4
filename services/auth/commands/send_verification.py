"""Order the mail that proves an address."""

from __future__ import annotations

from services.auth.domain.letters import LetterKind
from services.auth.repository.letters import LetterRepository
from services.auth.repository.users import UserRepository
from services.common.kit.uow import UnitOfWork


def run(uow: UnitOfWork) -> None:
    """Raises `TooManyLetters`. An address that is proved already needs no mail."""
    user = UserRepository(uow).caller()
    if not user.email_verified:
        LetterRepository(uow).order_limited(LetterKind.VERIFY_EMAIL, user)
