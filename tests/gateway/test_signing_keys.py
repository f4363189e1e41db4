"""S-10: keys come from `auth`, are kept for five minutes, and change without anybody restarting us."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.refusals import BadCredential
from gateway.signing_keys import SigningKeys
from gateway.tokens import TokenVerifier
from services.common.contracts.errors import Unavailable
from tests.gateway.tokens import jwk, token


class Auth:
    """What `auth` publishes, and the clock beside it."""

    def __init__(self, *kids: str) -> None:
        self.kids = list(kids)
        self.away = False
        self.asked = 0
        self.now = 1000.0
        self.verifier = TokenVerifier(SigningKeys(self.publish, lambda: self.now))

    def publish(self) -> list[dict[str, Any]]:
        self.asked += 1
        if self.away:
            raise Unavailable
        return [jwk(kid) for kid in self.kids]


def test_a_new_key_is_found_at_once() -> None:
    auth = Auth("k1")
    auth.verifier.claims(token())
    auth.kids.append("k2")
    auth.now += 3
    assert auth.verifier.claims(token(kid="k2", signer="k2"))
    assert auth.asked == 2


def test_a_removed_key_is_refused_after_five_minutes_even_for_a_token_that_is_remembered() -> None:
    auth = Auth("k1", "k2")
    old = token()
    auth.verifier.claims(old)
    auth.kids.remove("k1")
    auth.now += 301
    with pytest.raises(BadCredential):
        auth.verifier.claims(old)
    assert auth.verifier.claims(token(kid="k2", signer="k2"))


def test_keys_that_cannot_be_refreshed_stay_in_use() -> None:
    auth = Auth("k1")
    auth.verifier.claims(token())
    auth.away = True
    auth.now += 301
    assert auth.verifier.claims(token(jti="another"))


def test_auth_is_asked_for_unknown_kids_once_in_two_seconds() -> None:
    auth = Auth("k1")
    auth.verifier.claims(token())
    for _ in range(5):
        auth.now += 1
        with pytest.raises(BadCredential):
            auth.verifier.claims(token(kid="unknown"))
    assert auth.asked == 3


def test_until_a_first_key_is_had_each_request_asks() -> None:
    auth = Auth("k1")
    auth.away = True
    for _ in range(2):
        with pytest.raises(Unavailable):
            auth.verifier.claims(token())
    auth.away = False
    assert auth.verifier.claims(token())


def test_only_so_many_tokens_are_remembered() -> None:
    auth = Auth("k1")
    verifier = TokenVerifier(auth.verifier._keys, most_remembered=2)
    for number in range(4):
        verifier.claims(token(jti=str(number)))
    assert len(verifier._known) == 2
