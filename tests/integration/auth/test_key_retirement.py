"""S-27: after a change of the envelope key nothing needs the old one, whatever is sealed and wherever it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from services.auth.adapters.security import Security
from services.auth.commands import rewrap_secrets
from services.auth.models import Base
from services.auth.repository.sealed import KINDS
from services.auth.settings import AuthSettings
from services.common.contracts import auth
from services.common.kit import ids
from services.common.kit.envelope import KeyRing, SealError
from tests.integration.auth.desk import OUT_OF_ORDER, Desk
from tests.integration.auth.keys import envelope_keys
from tests.integration.auth.people import PASSWORD, People, new_email
from tests.integration.auth.test_second_factor import challenge, code_of, enrol

Rows = Callable[..., list[Any]]
FRESH = envelope_keys("fresh")


@dataclasses.dataclass
class Sealed:
    """One of everything that is sealed, as it was told."""

    owner: auth.User
    seed: str
    api_key: auth.NewApiKey
    request: auth.CreateApiKey
    idempotency_key: str


@pytest.fixture
def sealed(desk: Desk, people: People, rows: Rows) -> Sealed:
    """A second factor, a fresh API key, and a letter that the mail server does not take."""
    rows("update letters set done_at = now(), sealed_token = null where done_at is null")
    rows("update api_keys set sealed_key = null")
    rows("delete from totp_seeds")
    owner = people.register(new_email()).user
    rows("update letters set done_at = now() where done_at is null")
    seed, _ = enrol(desk, owner)
    request, key = auth.CreateApiKey(name="Till", scopes=["messages:read"]), ids.new_id()
    made = desk.ask(request, owner, idempotency_key=key)
    desk.ask(auth.ForgotPassword(email=str(owner.email)))
    desk.tray.failures = [OUT_OF_ORDER]
    with pytest.raises(type(OUT_OF_ORDER)):
        _deliver(desk, rows)
    return Sealed(owner, seed, made, request, key)


@pytest.fixture
def rotate(people: People, settings: AuthSettings) -> Iterator[Callable[[], None]]:
    """Let the timer run with both keys, the fresh one first; afterwards with the old one first, for other tests."""

    def run(*keys: str) -> None:
        rewrap_secrets.run(people.begin(), _with_keys(people.security, ",".join(keys)))

    yield lambda: run(FRESH, settings.envelope_keys)
    run(settings.envelope_keys, FRESH)


@pytest.fixture
def three_seeds(desk: Desk, people: People, sealed: Sealed) -> None:
    """Of three people."""
    for _ in range(2):
        enrol(desk, people.register(new_email()).user)


def _with_keys(security: Security, keys: str) -> Security:
    return dataclasses.replace(security, key_ring=KeyRing.from_setting(keys))


def _deliver(desk: Desk, rows: Rows) -> None:
    (letter,) = rows("select id from letters where done_at is null and kind = 'RESET_PASSWORD'")
    desk.deliver(str(letter.id), None)


def test_every_column_that_looks_sealed_is_known() -> None:
    named = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if "sealed" in column.name
    }
    assert named == {f"{kind.column.class_.__tablename__}.{kind.column.key}" for kind in KINDS}


def test_all_of_it_opens_and_works_with_the_new_key_alone(
    desk: Desk, people: People, sealed: Sealed, rotate: Callable[[], None], rows: Rows
) -> None:
    rotate()
    alone = _with_keys(people.security, FRESH)
    with people.begin()() as uow:
        for kind in KINDS:
            found = list(uow.session.scalars(sa.select(kind.column.class_).where(kind.column.is_not(None))))
            assert found, kind
            for row in found:
                value = getattr(row, kind.column.key)
                assert alone.key_ring.open(value, kind.place_of(row))
                with pytest.raises(SealError):
                    people.security.key_ring.open(value, kind.place_of(row))
    later = Desk(desk.database, alone, desk.tenants)
    login = auth.VerifyMfa(mfa_token=challenge(later, sealed.owner), code=code_of(sealed.seed))
    assert later.refusal(login) == "ok"
    assert later.ask(sealed.request, sealed.owner, idempotency_key=sealed.idempotency_key) == sealed.api_key
    _deliver(later, rows)
    token = later.tray.token_for(sealed.owner.email)
    assert later.refusal(auth.ResetPassword(token=token, new_password=f"{PASSWORD}-new")) == "ok"


def test_what_does_not_open_stays_as_it_is_and_keeps_nothing_else_from_moving(
    sealed: Sealed, rotate: Callable[[], None], rows: Rows
) -> None:
    rows("update totp_seeds set sealed = 'v1.lost.AAAA.AAAA'")
    rotate()
    assert [row.sealed for row in rows("select sealed from totp_seeds")] == ["v1.lost.AAAA.AAAA"]
    (key,) = rows("select sealed_key from api_keys where sealed_key is not null")
    assert key.sealed_key.startswith("v1.fresh.")
    rows("delete from totp_seeds")


@pytest.mark.usefixtures("three_seeds")
def test_a_whole_portion_that_does_not_open_keeps_nothing_behind_it_from_moving(
    rotate: Callable[[], None], rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows(
        "update totp_seeds set sealed = 'v1.lost.AAAA.AAAA' where (tenant_id, user_id) in"
        " (select tenant_id, user_id from totp_seeds order by tenant_id, user_id limit 2)"
    )
    monkeypatch.setattr(rewrap_secrets, "_AT_ONCE", 2)
    rotate()
    keys = [row.sealed.split(".")[1] for row in rows("select sealed from totp_seeds order by tenant_id, user_id")]
    assert keys == ["lost", "lost", "fresh"]
    rows("delete from totp_seeds")
