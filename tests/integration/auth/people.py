"""Somebody who registers, logs in, refreshes and logs out, as the entrypoints would have it."""

from __future__ import annotations

from services.auth import queries
from services.auth.adapters.security import Security
from services.auth.commands import end_sessions, login_user, refresh_session, register_owner
from services.common.contracts.auth import Login, Logout, Me, Refresh, Register, SignedIn, TokenPair, User
from services.common.kit import ids
from services.common.kit.begin import Begin
from services.common.kit.context import Context
from services.common.kit.database import Database
from services.common.kit.uow import SYSTEM
from tests.integration.auth.tenants_stand_in import TenantsStandIn

PASSWORD = "Correct-horse-7"


def new_email() -> str:
    """An address that nobody has."""
    return f"p{ids.new_id()[-12:]}@salon.example"


class People:
    """Calls the commands with the context that a request would bring."""

    def __init__(self, database: Database, security: Security, tenants: TenantsStandIn) -> None:
        self.database = database
        self.security = security
        self.tenants = tenants

    def begin(self, **known: str | None) -> Begin:
        """For a command in steps. Each request comes from an address of its own unless it names one."""
        known.setdefault("address", f"2001:db8:{ids.new_id()[-4:]}:{ids.new_id()[-8:-4]}::1")
        return Begin(self.database, Context.new(**known), SYSTEM)

    def register(self, email: str, password: str = PASSWORD, begin: Begin | None = None, **more: str) -> SignedIn:
        request = Register.from_wire({"email": email, "password": password, "name": "Rosa Meyer", **more})
        return register_owner.run(request, begin or self.begin(), self.security, self.tenants)

    def log_in(
        self, email: str | None, password: str = PASSWORD, address: str | None = None, security: Security | None = None
    ) -> SignedIn:
        request = Login.from_wire({"email": email, "password": password})
        begin = self.begin(address=address) if address else self.begin()
        return SignedIn.from_wire(login_user.run(request, begin, security or self.security).to_wire())

    def refresh(self, token: str, security: Security | None = None) -> TokenPair:
        return refresh_session.run(Refresh(refresh_token=token), self.begin(), security or self.security)

    def log_out(self, who: User | None, request: Logout) -> None:
        known = {} if who is None else {"user_id": who.id, "tenant_id": who.tenant_id}
        with self.begin(**known)() as uow:
            end_sessions.run(request, uow, self.security)

    def me(self, user_id: str | None, tenant_id: str | None) -> Me:
        begin = self.begin(user_id=user_id, tenant_id=tenant_id)
        with begin(read_only=True) as uow:
            return queries.get_me(uow)
