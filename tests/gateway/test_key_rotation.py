"""S-10: another key signs, and nobody is thrown out: the tokens of `auth` at the door of the gateway, day by day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import time_machine
from flask.testing import FlaskClient

from gateway.refusals import BadCredential
from gateway.signing_keys import SigningKeys
from gateway.tokens import TokenVerifier
from services.auth.adapters.access_tokens import AccessTokens
from services.auth.domain.sessions import Bearer
from services.auth.settings import SigningKey
from services.common.kit import clock
from tests.gateway.bus import FakeRpc
from tests.gateway.tokens import SESSION, TENANT, USER, key

LIFE = timedelta(minutes=15)
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
OWNER = Bearer(USER, TENANT, "OWNER", SESSION, 1)


class Rotation:
    """`auth`, whose operator changes its keys, and a gateway that is not restarted."""

    def __init__(self, clock_hand: time_machine.Traveller) -> None:
        self._clock_hand = clock_hand
        self._monotonic = 1000.0
        self.sign_with("k1")
        self.verifier = TokenVerifier(SigningKeys(self._publish, lambda: self._monotonic))

    def _publish(self) -> list[dict[str, Any]]:
        return self.auth.public_keys()

    def sign_with(self, *kids: str) -> None:
        """As after a restart of `auth`: the first signs, all are published."""
        self.auth = AccessTokens([SigningKey(kid, key(kid)) for kid in kids], LIFE)

    def token(self) -> str:
        return self.auth.issue(OWNER, clock.now())

    def is_good(self, token: str) -> bool:
        try:
            return bool(self.verifier.claims(token)["sub"] == USER)
        except BadCredential:
            return False

    def later(self, **time: float) -> None:
        passed = timedelta(**time)
        self._clock_hand.shift(passed)
        self._monotonic += passed.total_seconds()


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def test_a_token_of_the_old_key_is_good_until_it_expires_and_new_ones_name_the_new_key() -> None:
    with time_machine.travel(START, tick=False) as hand:
        rotation = Rotation(hand)
        old = rotation.token()
        assert (kid_of(old), rotation.is_good(old)) == ("k1", True)
        rotation.sign_with("k2", "k1")
        rotation.later(seconds=3)
        new = rotation.token()
        assert (kid_of(new), rotation.is_good(new), rotation.is_good(old)) == ("k2", True, True)
        rotation.later(minutes=14)
        assert (rotation.is_good(new), rotation.is_good(old)) == (True, True)
        rotation.later(minutes=1, seconds=30)  # half a minute is forgiven
        assert rotation.is_good(old) is False


def test_a_token_of_a_key_that_was_removed_is_refused_although_it_has_not_expired() -> None:
    with time_machine.travel(START, tick=False) as hand:
        rotation = Rotation(hand)
        old = rotation.token()
        rotation.sign_with("k2", "k1")
        rotation.later(seconds=3)
        assert rotation.is_good(rotation.token())
        assert rotation.is_good(old)
        rotation.sign_with("k2")
        rotation.later(minutes=5, seconds=1)
        assert rotation.is_good(rotation.token())
        assert rotation.is_good(old) is False


def test_a_new_key_under_an_old_name_is_another_key() -> None:
    with time_machine.travel(START, tick=False) as hand:
        rotation = Rotation(hand)
        old = rotation.token()
        assert rotation.is_good(old)
        rotation.auth = AccessTokens([SigningKey("k1", key("another"))], LIFE)
        rotation.later(minutes=5, seconds=1)
        assert rotation.is_good(rotation.token())
        assert rotation.is_good(old) is False


def test_the_refusal_of_a_removed_key_is_that_of_any_bad_token(client: FlaskClient, rpc: FakeRpc) -> None:
    auth = AccessTokens([SigningKey("k2", key("k2")), SigningKey("k1", key("k1"))], LIFE)
    rpc.jwks = auth.public_keys()[:1]
    gone = AccessTokens([SigningKey("k1", key("k1"))], LIFE)
    answers = [_me(client, issuer.issue(OWNER, clock.now())) for issuer in (auth, gone)]
    assert [status for status, _ in answers] == [200, 401]
    assert answers[1] == _me(client, "rubbish")


def _me(client: FlaskClient, token: str) -> tuple[int, Any]:
    answer = client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
    body = answer.get_json()
    body.pop("requestId", None)
    return answer.status_code, body
