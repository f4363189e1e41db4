"""Order the mail with which a forgotten password is replaced."""

from __future__ import annotations

from services.auth.domain.letters import LetterKind
from services.auth.repository.letters import LetterRepository
from services.common.contracts.auth import ForgotPassword
from services.common.kit.uow import UnitOfWork


def run(request: ForgotPassword, uow: UnitOfWork) -> None:
    """Who has the address is looked up when the mail is written, so that the answer and its time tell nothing."""
    LetterRepository(uow).order_for(LetterKind.RESET_PASSWORD, request.email)
