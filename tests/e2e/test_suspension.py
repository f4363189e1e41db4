"""The platform's own people: made by a command, they suspend a business and let it go on."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest

from tests.e2e.api import Api
from tests.e2e.business import PASSWORD, new_email
from tests.e2e.mailbox import Mailbox
from tests.e2e.patience import eventually
from tests.e2e.people import Account, SignIn, await_refusal, hire
from tests.e2e.telegram import Bot


def appoint(email: str, settings: dict[str, str]) -> str:
    """What the operator does on the machine; the token in the link that is printed."""
    command = [sys.executable, "-m", "services.auth.commands.appoint_admin", email]
    told = subprocess.run(command, env=settings, capture_output=True, text=True, check=True, timeout=60)
    (token,) = re.findall(r"#token=(\S+)", told.stdout)
    return str(token)


@pytest.fixture(scope="module")
def admin(api: Api, settings: dict[str, str]) -> SignIn:
    """Somebody of the platform, with a password of their own choice."""
    email = new_email("admin")
    token = appoint(email, settings)
    assert api.post("/auth/reset-password", {"token": token, "newPassword": PASSWORD}).status == 200
    return SignIn.of(api, api.post("/auth/login", {"email": email, "password": PASSWORD}).data)


def set_status(admin: SignIn, owner: Account, status: str) -> dict[str, Any]:
    path = f"/admin/tenants/{owner.first.told['tenant']['id']}"
    return dict(admin.api.call("PATCH", path, {"status": status}).data)


def test_an_admin_has_no_business_and_sees_all(admin: SignIn, owner: Account) -> None:
    me = admin.me().data
    assert (me["user"]["role"], me["tenant"]) == ("SUPER_ADMIN", None)
    name = owner.first.told["tenant"]["slug"]
    found = admin.api.get("/admin/tenants", q=name).data["tenants"]
    assert owner.first.told["tenant"]["id"] in {tenant["id"] for tenant in found}
    refused = owner.first.api.get("/admin/tenants")
    assert (refused.status, refused.code) == (403, "gateway.role_forbids")


def test_a_suspended_business_is_out_with_users_and_keys_until_it_is_resumed(
    admin: SignIn, owner: Account, mailbox: Mailbox
) -> None:
    staff = hire(owner, mailbox, "STAFF")
    key = owner.first.api.post("/api-keys", {"name": "Till", "scopes": ["salons:read"]}).data["key"]
    program = owner.nobody.as_caller(key)
    assert program.get("/salons").status == 200

    assert set_status(admin, owner, "suspended")["status"] == "SUSPENDED"
    for caller in (owner.first.api, staff.first.api, program):
        await_refusal(caller, "/salons", 403, "auth.tenant_suspended")
    login = eventually("a refused login", lambda: refusal_of(owner))
    for refused in (login, staff.first.refresh(), staff.first.refresh()):
        assert (refused.status, refused.code) == (403, "auth.tenant_suspended")

    assert set_status(admin, owner, "ACTIVE")["status"] == "ACTIVE"
    eventually("the business again", lambda: owner.first.api.get("/salons").status == 200)
    eventually("its program again", lambda: program.get("/salons").status == 200)
    assert staff.first.goes_on()
    assert owner.sign_in().goes_on()


def refusal_of(owner: Account) -> Any:
    answer = owner.log_in()
    return answer if answer.status != 200 else None


def test_a_program_that_nobody_has_heard_of_for_a_while_is_told_the_same(admin: SignIn, owner: Account) -> None:
    """What the gateway remembers of a key must not decide what its program is told."""
    key = owner.first.api.post("/api-keys", {"name": "Till", "scopes": ["salons:read"]}).data["key"]
    set_status(admin, owner, "SUSPENDED")
    await_refusal(owner.first.api, "/salons", 403, "auth.tenant_suspended")
    eventually("a refused login", lambda: refusal_of(owner))
    refused = owner.nobody.as_caller(key).get("/salons")
    assert (refused.status, refused.code) == (403, "auth.tenant_suspended")


def test_an_admin_changes_a_plan_but_not_below_its_use(admin: SignIn, owner: Account) -> None:
    path = f"/admin/tenants/{owner.first.told['tenant']['id']}"
    assert admin.api.call("PATCH", path, {"plan": "max"}).data["plan"] == "MAX"
    assert owner.first.api.get("/subscription").data["plan"] == "MAX"
    for number in range(6):
        form = {"type": "TELEGRAM", "name": f"Bot {number}", "botToken": Bot().token}
        assert owner.first.api.post("/channels", form).status == 201
    refused = admin.api.call("PATCH", path, {"plan": "BASIC"})
    assert (refused.status, refused.code) == (422, "tenants.plan_too_small")


def test_the_command_makes_no_admin_of_somebody_in_a_business(owner: Account, settings: dict[str, str]) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        appoint(owner.email, settings)
    assert "business" in refused.value.stderr
    assert owner.first.me().data["user"]["role"] == "OWNER"
