"""Argon2id and signed tokens. S-01, S-02: compared exactly as received, and hashed as recommended."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.auth.adapters.access_tokens import AccessTokens
from services.auth.adapters.passwords import MOST_IN_HAND, Busy, PasswordHasher
from services.auth.domain.sessions import Bearer, OpenSession
from services.auth.service import AuthService
from services.auth.settings import AuthSettings, parse_signing_keys
from services.common.kit import clock
from services.common.kit.settings import SettingsError

NOW = datetime.now(UTC)
OWNER = Bearer("u-1", "t-1", "OWNER", "s-1", 3)


def pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def signing_keys(*kids: str) -> str:
    return json.dumps([{"kid": kid, "private_key": pem(ec.generate_private_key(ec.SECP256R1()))} for kid in kids])


@pytest.fixture(scope="module")
def tokens() -> AccessTokens:
    return AccessTokens(parse_signing_keys(signing_keys("new", "old")), timedelta(minutes=15))


def test_a_hash_is_argon2id_with_the_chosen_parameters() -> None:
    hasher = PasswordHasher(19456, 2)
    stored = hasher.hash("Correct-horse-7")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not hasher.is_weak(stored)


def test_a_password_is_compared_exactly_as_received() -> None:
    hasher = PasswordHasher(8, 1)
    stored = hasher.hash(" Correct-horse-7 ")
    assert hasher.matches(" Correct-horse-7 ", stored, None)
    assert not hasher.matches("Correct-horse-7", stored, None)
    assert not hasher.matches(" correct-horse-7 ", stored, None)
    assert not hasher.matches("\ud800", stored, None)


def test_long_passwords_differ_at_their_ends() -> None:
    hasher = PasswordHasher(8, 1)
    stored = hasher.hash("字" * 70 + "a")
    assert not hasher.matches("字" * 70 + "b", stored, None)


def test_nobody_has_no_password() -> None:
    hasher = PasswordHasher(8, 1)
    assert not hasher.matches("Correct-horse-7", None, None)
    assert not hasher.matches("Correct-horse-7", "not a hash", None)


def test_weaker_parameters_are_noticed() -> None:
    assert PasswordHasher(19456, 2).is_weak(PasswordHasher(8, 1).hash("Correct-horse-7"))


def test_a_token_says_for_whom_it_speaks_and_is_checked_with_the_published_key(tokens: AccessTokens) -> None:
    token = tokens.issue(OWNER, NOW)
    published = {key["kid"]: jwt.PyJWK(key) for key in tokens.public_keys()}
    header = jwt.get_unverified_header(token)
    claims = jwt.decode(token, published[header["kid"]], ["ES256"], audience="frontdesk-api", issuer="frontdesk")
    assert header == {"alg": "ES256", "kid": "new", "typ": "at+jwt"}
    assert claims.pop("jti")
    assert claims.pop("exp") == claims["iat"] + 900
    assert claims.pop("iat") == claims.pop("nbf")
    assert claims == {
        "iss": "frontdesk",
        "aud": "frontdesk-api",
        "sub": "u-1",
        "tid": "t-1",
        "rol": "OWNER",
        "sid": "s-1",
        "ver": 3,
    }


def test_a_super_admin_has_no_tenant_in_the_token(tokens: AccessTokens) -> None:
    token = tokens.issue(Bearer("u-1", None, "SUPER_ADMIN", "s-1", 1), NOW)
    assert "tid" not in jwt.decode(token, options={"verify_signature": False})


def test_two_tokens_are_never_the_same(tokens: AccessTokens) -> None:
    assert tokens.issue(OWNER, NOW) != tokens.issue(OWNER, NOW)


def test_the_key_set_holds_all_keys_and_no_private_part(tokens: AccessTokens) -> None:
    keys = tokens.public_keys()
    assert [key["kid"] for key in keys] == ["new", "old"]
    assert [set(key) for key in keys] == [{"kty", "crv", "x", "y", "kid", "use", "alg"}] * 2


def test_a_pair_tells_its_life_in_seconds(tokens: AccessTokens) -> None:
    pair = tokens.pair(OpenSession(OWNER, "opaque"), NOW)
    assert (pair.refresh_token, pair.expires_in) == ("opaque", 900)


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "{}",
        "[]",
        '[{"kid": "a"}]',
        '[{"kid": "a", "private_key": "-----BEGIN"}]',
        json.dumps([{"kid": "a", "private_key": pem(rsa.generate_private_key(65537, 2048))}]),
        json.dumps([{"kid": "a", "private_key": pem(ec.generate_private_key(ec.SECP384R1()))}]),
        json.dumps([json.loads(signing_keys("a"))[0]] * 2),
    ],
    ids=["not json", "object", "empty", "no key", "half a PEM", "RSA", "another curve", "one kid twice"],
)
def test_no_process_starts_with_bad_signing_keys_and_none_shows_them(text: str) -> None:
    environ = {
        "AUTH_DATABASE_URL": "postgresql://",
        "AMQP_URL": "amqp://",
        "AUTH_SIGNING_KEYS": text,
        "AUTH_ENVELOPE_KEYS": f"a:{base64.b64encode(bytes(32)).decode()}",
    }
    with pytest.raises(SettingsError) as caught:
        AuthSettings.load(environ)
    assert "AUTH_SIGNING_KEYS" in str(caught.value)
    assert "BEGIN" not in str(caught.value)


def test_so_many_passwords_at_once_and_no_more() -> None:
    hasher = PasswordHasher(64, 1)
    hasher._in_hand = MOST_IN_HAND
    with pytest.raises(Busy) as caught:
        hasher.matches("Correct-horse-7", None, None)
    assert caught.value.details == {"retryAfter": "1"}
    hasher._in_hand = MOST_IN_HAND - 1
    assert not hasher.matches("Correct-horse-7", None, None)
    assert hasher._in_hand == MOST_IN_HAND - 1
    assert AuthService.workers > MOST_IN_HAND


def test_nothing_is_compared_for_those_who_have_given_up() -> None:
    hasher = PasswordHasher(64, 1)
    stored = hasher.hash("Correct-horse-7")
    assert hasher.matches("Correct-horse-7", stored, clock.epoch() + 60)
    with pytest.raises(Busy):
        hasher.matches("Correct-horse-7", stored, clock.epoch() - 0.001)
    assert hasher._in_hand == 0
