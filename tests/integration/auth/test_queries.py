"""Who is asking, and the copy of the tenant beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from services.auth.commands import store_tenant
from services.auth.domain.permissions import permissions_of
from services.common.contracts.auth import Role, SignedIn
from services.common.contracts.errors import Unauthenticated
from services.common.contracts.tenants import CreateTenant, TenantCreatedV1
from services.common.kit import ids
from services.common.kit.context import Context
from services.common.kit.tenancy import NO_TENANT
from services.common.kit.uow import TENANT
from tests.integration.auth.people import People, new_email
from tests.integration.auth.tenants_stand_in import tenant_of

Rows = Callable[..., list[Any]]


@pytest.fixture
def owner(people: People) -> SignedIn:
    return people.register(new_email())


def test_an_owner_sees_its_account_and_what_it_may_do(people: People, owner: SignedIn) -> None:
    me = people.me(owner.user.id, owner.user.tenant_id)
    assert (me.user, me.tenant) == (owner.user, owner.tenant)
    assert me.permissions == permissions_of(Role.OWNER)


def test_nobody_is_found_in_another_tenant(people: People, owner: SignedIn) -> None:
    theirs = people.register(new_email())
    for tenant_id in theirs.user.tenant_id, None, ids.new_id():
        with pytest.raises(Unauthenticated):
            people.me(owner.user.id, tenant_id)


def test_a_disabled_user_is_nobody(people: People, owner: SignedIn, rows: Rows) -> None:
    rows("update users set is_active = false where id = :id", id=owner.user.id)
    with pytest.raises(Unauthenticated):
        people.me(owner.user.id, owner.user.tenant_id)


def test_a_super_admin_has_no_tenant(people: People, rows: Rows) -> None:
    user_id, email = ids.new_id(), new_email()
    rows(
        "insert into users (tenant_id, id, email, email_key, name, role, is_active, email_verified, password_hash,"
        " token_version, created_at, updated_at) values (:none, :id, :email, :email, 'Root', 'SUPER_ADMIN', true, true,"
        " :hash, 1, now(), now())",
        none=NO_TENANT,
        id=user_id,
        email=email,
        hash=people.security.passwords.hash("Correct-horse-7"),
    )
    me = people.me(user_id, None)
    assert (me.user.role, me.user.tenant_id, me.tenant) == (Role.SUPER_ADMIN, None, None)
    assert "tenants:write" in me.permissions
    signed_in = people.log_in(email)
    assert (signed_in.tenant, signed_in.user.tenant_id) == (None, None)
    assert people.refresh(signed_in.refresh_token)


def test_a_tenants_transaction_sees_its_own_rows_only(people: People, owner: SignedIn) -> None:
    theirs = people.register(new_email())
    with people.database.transaction(Context.new(tenant_id=owner.user.tenant_id), TENANT) as uow:
        for table, key in (("users", "id"), ("sessions", "user_id"), ("tenants", "tenant_id")):
            found = {str(found) for found in uow.session.scalars(sa.text(f"select {key} from {table}"))}
            assert found == {owner.user.tenant_id if table == "tenants" else owner.user.id}
        assert uow.session.scalar(sa.text("select count(*) from refresh_tokens")) == 1
    assert theirs.user.tenant_id != owner.user.tenant_id


def test_the_copy_of_a_tenant_takes_the_newest_facts(people: People) -> None:
    tenant = tenant_of(CreateTenant(id=ids.new_id(), name="Salon Rosa"))
    newer = dataclasses.replace(tenant, name="Salon Rosa Mitte", updated_at=tenant.updated_at + timedelta(seconds=1))
    context = Context.new(tenant_id=tenant.id)
    for facts in newer, tenant:
        with people.database.transaction(context, TENANT) as uow:
            store_tenant.run(TenantCreatedV1(tenant=facts), uow)
    with people.database.transaction(context, TENANT) as uow:
        assert uow.session.scalar(sa.text("select name from tenants")) == "Salon Rosa Mitte"
