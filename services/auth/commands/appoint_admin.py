"""Make somebody an admin of the platform: `python -m services.auth.commands.appoint_admin EMAIL`.

For the operator, on the machine: nobody can ask for it over the wire. It prints a link, good once and for an hour, with
which that person sets a password.
"""

from __future__ import annotations

import sys

from services.auth.domain import emails, letters
from services.auth.domain.letters import LetterKind
from services.auth.domain.tokens import Purpose
from services.auth.models import User
from services.auth.repository.audit import AuditRepository, facts_of
from services.auth.repository.one_time_tokens import OneTimeTokenRepository
from services.auth.repository.users import UserRepository
from services.auth.settings import AuthSettings
from services.common.contracts.auth import SERVICE, EmailTaken, Role
from services.common.kit import ids
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import SYSTEM, UnitOfWork


def run(address: str, uow: UnitOfWork) -> str:
    """The token that sets the password. Raises `EmailTaken` for a user of a tenant."""
    users = UserRepository(uow)
    user = users.find_by_email(address, locked=True)
    before = None if user is None else facts_of(user)
    if user is None:
        user = _new_admin(address, uow)
        users.add(user)
    if user.tenant_id != NO_TENANT:
        raise EmailTaken("This is the address of a business's user; an admin of the platform needs another one.")
    user.role, user.is_active, user.updated_at = Role.SUPER_ADMIN.value, True, uow.now
    AuditRepository(uow).add("user.made_admin", user, before=before, after=facts_of(user))
    return OneTimeTokenRepository(uow).issue(user, Purpose.RESET_PASSWORD, user.email)


def _new_admin(address: str, uow: UnitOfWork) -> User:
    return User(
        tenant_id=NO_TENANT,
        id=ids.new_id(),
        email=emails.normalise(address),
        email_key=emails.key_of(address),
        name=emails.local_part(address),
        role=Role.SUPER_ADMIN.value,
        is_active=True,
        email_verified=False,
        password_hash="",
        token_version=1,
        salon_ids=[],
        mfa_enabled=False,
        created_at=uow.now,
        updated_at=uow.now,
    )


def main(arguments: list[str]) -> int:
    """Run from the command line."""
    if len(arguments) != 1 or "@" not in arguments[0]:
        sys.stderr.write("Please name one e-mail address.\n")
        return 2
    settings = AuthSettings.load()
    database = Database(settings.database_url, SERVICE)
    try:
        with database.transaction(Context.new(), SYSTEM) as uow:
            token = run(arguments[0], uow)
    except EmailTaken as error:
        sys.stderr.write(f"{error.message}\n")
        return 1
    finally:
        database.close()
    link = letters.link_of(LetterKind.RESET_PASSWORD, settings.public_url, token)
    sys.stdout.write(
        f"{arguments[0]} is an admin of the platform.\nTo set the password, once, within an hour: {link}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
