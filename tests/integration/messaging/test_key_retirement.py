"""S-27: the copy of a channel follows its original to another envelope key, and is not brought back."""

from __future__ import annotations

import base64

import pytest

from services.common.kit.envelope import KeyRing, Place, SealError
from services.common.kit.ids import new_id
from tests.integration.messaging.webhooks import Front

_OLD, _NEW = (f"{kid}:{base64.b64encode(kid[:1].encode() * 32).decode()}" for kid in ("old", "new"))


def test_credentials_open_with_the_new_key_alone(front: Front, tenant: str) -> None:
    old, both, new = (KeyRing.from_setting(keys) for keys in (_OLD, f"{_NEW},{_OLD}", _NEW))
    channel, number = new_id(), new_id()
    place = Place(tenant, "channels", "credentials", channel)
    before = old.seal("a-token", place)
    after = both.rewrap(before, place)
    for version, credentials in ((1, before), (2, after), (1, before)):
        front.connect(tenant, number, channel_id=channel, version=version, credentials=credentials)
    copied = str(front.value("select credentials from channels where id = :id", id=channel))
    assert new.open(copied, place) == "a-token"
    with pytest.raises(SealError):
        old.open(copied, place)
