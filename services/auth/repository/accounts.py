"""An account as its owner sees it: what every page of a client begins with."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa

from services.auth.models import Tenant, User
from services.common.kit.reads import TENANT_ID, Read
from services.common.kit.uow import UnitOfWork

_USER = Read(sa.select(User).where(User.tenant_id == TENANT_ID, User.id == sa.bindparam("user_id"), User.is_active))
_TENANT = Read(sa.select(Tenant).where(Tenant.tenant_id == TENANT_ID))


class AccountReader:
    """Reads in the name of the present tenant, or of `NO_TENANT` for a super admin."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow

    def find_user(self, user_id: str) -> User | None:
        """The user, if active."""
        return cast("User | None", self._uow.first(_USER, user_id=user_id))

    def find_tenant(self) -> Tenant | None:
        """The copy of the tenant's facts, if one has arrived."""
        return cast("Tenant | None", self._uow.first(_TENANT))
