"""S-08: whatever is wrong with a token, the running system gives one answer, and it is that of no token at all."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from services.common.kit.ids import new_id
from tests.e2e.api import API, Answer, Api
from tests.e2e.business import PASSWORD, new_email, register
from tests.e2e.stored import Stored

_ROUTE = "/auth/me"
_TYPE = "at+jwt"
_NOW = int(time.time())

Token = dict[str, Any]


class Forge:
    """Makes tokens like a real one, but for something, signed with the system's key or with another."""

    def __init__(self, real: str, signing_keys: str) -> None:
        self.real = real
        self.claims: Token = jwt.decode(real, options={"verify_signature": False})
        own = json.loads(signing_keys)[0]
        self.kid, self.pem = own["kid"], own["private_key"]
        self.strangers_key = ec.generate_private_key(ec.SECP256R1())

    def signed(self, *, head: Token | None = None, stranger: bool = False, **changes: Any) -> str:
        """Claims and header fields that are None are left out."""
        claims = {name: value for name, value in {**self.claims, **changes}.items() if value is not None}
        headers = {"kid": self.kid, "typ": _TYPE, **(head or {})}
        return jwt.encode(claims, self.strangers_key if stranger else self.pem, algorithm="ES256", headers=headers)

    def with_public_key_as_secret(self) -> str:
        """HS256, and the secret is what everybody may know."""
        public = load_pem_private_key(self.pem.encode(), None).public_key()
        secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        start = f"{_part({'alg': 'HS256', 'typ': _TYPE, 'kid': self.kid})}.{_part(self.claims)}"
        return f"{start}.{_encoded(hmac.new(secret, start.encode(), hashlib.sha256).digest())}"

    def edited(self, **changes: Any) -> str:
        """Other claims under the signature of the real ones."""
        head, _, signature = self.real.split(".")
        return f"{head}.{_part({**self.claims, **changes})}.{signature}"

    def unsigned(self) -> str:
        return f"{_part({'alg': 'none', 'typ': _TYPE, 'kid': self.kid})}.{_part(self.claims)}."

    def own_jwk(self) -> Token:
        found: Token = jwt.algorithms.ECAlgorithm.to_jwk(self.strangers_key.public_key(), as_dict=True)
        return {**found, "kid": "own", "alg": "ES256"}


BAD: dict[str, Callable[[Forge], str]] = {
    "algorithm none": Forge.unsigned,
    "HS256 with the public key": Forge.with_public_key_as_secret,
    "another's signature": lambda forge: forge.signed(stranger=True),
    "wrong kid": lambda forge: forge.signed(head={"kid": "nobody"}),
    "no kid": lambda forge: jwt.encode(forge.claims, forge.pem, algorithm="ES256", headers={"typ": _TYPE}),
    "jku": lambda forge: forge.signed(stranger=True, head={"kid": "own", "jku": "http://127.0.0.1:1/jwks.json"}),
    "x5u": lambda forge: forge.signed(stranger=True, head={"kid": "own", "x5u": "http://127.0.0.1:1/cert.pem"}),
    "x5c": lambda forge: forge.signed(stranger=True, head={"kid": "own", "x5c": ["MIIB"]}),
    "jwk": lambda forge: forge.signed(stranger=True, head={"kid": "own", "jwk": forge.own_jwk()}),
    "jwk under our kid": lambda forge: forge.signed(stranger=True, head={"jwk": forge.own_jwk()}),
    "wrong audience": lambda forge: forge.signed(aud="somebody-else"),
    "one audience of two": lambda forge: forge.signed(aud=["frontdesk-api", "somebody-else"]),
    "wrong issuer": lambda forge: forge.signed(iss="https://evil.example"),
    "expired": lambda forge: forge.signed(iat=_NOW - 7200, nbf=_NOW - 7200, exp=_NOW - 3600),
    "not valid yet": lambda forge: forge.signed(nbf=_NOW + 3600, exp=_NOW + 7200),
    "issued in the future": lambda forge: forge.signed(iat=_NOW + 3600, exp=_NOW + 7200),
    "no expiry": lambda forge: forge.signed(exp=None),
    "expiry as text": lambda forge: forge.signed(exp=str(_NOW + 3600)),
    "no id": lambda forge: forge.signed(jti=None),
    "type of a refresh token": lambda forge: forge.signed(head={"typ": "rt+jwt"}),
    "type of a reset token": lambda forge: forge.signed(head={"typ": "reset+jwt"}),
    "type of any token": lambda forge: forge.signed(head={"typ": "JWT"}),
    "signature stripped": lambda forge: forge.real.rpartition(".")[0] + ".",
    "signature left out": lambda forge: forge.real.rpartition(".")[0],
    "tenant edited": lambda forge: forge.edited(tid=new_id()),
    "role edited": lambda forge: forge.edited(rol="SUPER_ADMIN"),
    "user edited": lambda forge: forge.edited(sub=new_id()),
    "5 KB": lambda forge: forge.signed(extra="x" * 5000),
    "not a token": lambda _forge: "rubbish",
}


@pytest.fixture(scope="module")
def owner(api: Api) -> dict[str, Any]:
    return register(api)


@pytest.fixture(scope="module")
def forge(settings: dict[str, str], owner: dict[str, Any]) -> Forge:
    if "AUTH_SIGNING_KEYS" not in settings:
        pytest.skip("nobody gave us the signing key")
    return Forge(owner["token"], settings["AUTH_SIGNING_KEYS"])


@pytest.fixture(scope="module")
def refusal(api: Api) -> dict[str, Any]:
    """What somebody hears who shows nothing."""
    return seen(api.get(_ROUTE))


def seen(answer: Answer) -> dict[str, Any]:
    """Status, headers and body of a refusal, without what is this very answer's own."""
    assert answer.status == 401, answer.words
    passing = {"date", "x-request-id", "ratelimit", "ratelimit-remaining", "ratelimit-reset", "content-length"}
    headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() not in passing}
    return {"headers": headers, "body": answer.refusal()}


def test_the_forge_can_make_a_good_one(api: Api, forge: Forge) -> None:
    """Without this, a mistake of the forge would pass for a refusal."""
    assert api.as_caller(forge.signed(jti=new_id())).get(_ROUTE).status == 200


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_a_bad_token_is_refused_like_none(
    api: Api, forge: Forge, refusal: dict[str, Any], make: Callable[[Forge], str]
) -> None:
    assert seen(api.as_caller(make(forge)).get(_ROUTE)) == refusal


def test_tokens_for_other_purposes_open_nothing(
    api: Api, owner: dict[str, Any], refusal: dict[str, Any], stored: Stored
) -> None:
    """The refresh token, and the token between password and second factor; neither looks like one to be checked."""
    stored.change("auth", "update tenants set mfa_required = true where tenant_id = %s", owner["tenant"]["id"])
    challenged = api.post("/auth/login", {"email": owner["user"]["email"], "password": PASSWORD}).data
    assert set(challenged) == {"mfaRequired", "mfaToken", "enrolmentRequired"}
    for token in (owner["refreshToken"], challenged["mfaToken"]):
        assert seen(api.as_caller(token).get(_ROUTE)) == refusal
    assert api.as_caller(owner["token"]).get(_ROUTE).status == 200


def test_an_access_token_is_good_for_nothing_else(api: Api) -> None:
    token = register(api, email=new_email("elsewhere"))["token"]
    refused = api.post("/auth/refresh", {"refreshToken": token})
    assert (refused.status, refused.code) == (401, "auth.bad_refresh_token")
    answers = [
        api.post("/auth/reset-password", {"token": token, "newPassword": PASSWORD}),
        api.post("/auth/verify-email", {"token": token}),
        api.post("/auth/accept-invitation", {"token": token, "password": PASSWORD}),
        api.post("/auth/mfa/verify", {"mfaToken": token, "code": "000000"}),
    ]
    assert {answer.status for answer in answers} <= {401, 410, 422}, [answer.words for answer in answers]
    assert {answer.code for answer in answers} <= {"auth.bad_one_time_token", "auth.bad_mfa_token"}


@pytest.mark.parametrize("order", ["good and good", "good and bad", "bad and good"])
def test_of_two_headers_neither_counts(api: Api, forge: Forge, refusal: dict[str, Any], order: str) -> None:
    words = {"good": forge.real, "bad": "rubbish"}
    url = urlsplit(api.gateway_url)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=20)
    connection.putrequest("GET", API + _ROUTE)
    for word in order.split(" and "):
        connection.putheader("Authorization", f"Bearer {words[word]}")
    connection.endheaders()
    answer = connection.getresponse()
    body = json.loads(answer.read())
    connection.close()
    assert answer.status == 401
    assert {name: value for name, value in body.items() if name not in {"instance", "requestId"}} == refusal["body"]


def _part(value: Token) -> str:
    return _encoded(json.dumps(value).encode())


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
