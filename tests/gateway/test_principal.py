"""S-08: only a good access token of ours opens a door, and every other one meets the same words."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask.testing import FlaskClient

from services.common.contracts.auth import GetJwks, Role
from services.common.contracts.errors import Unavailable
from tests.gateway.bus import FakeRpc
from tests.gateway.tokens import TENANT, USER, bearer, claims, jwk, key, token

ME = "/api/v1/auth/me"


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _signed_with_public_key() -> str:
    secret = key("k1").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    start = f"{_part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': 'k1'})}.{_part(claims())}"
    signature = hmac.new(secret, start.encode(), hashlib.sha256).digest()
    return f"{start}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def _with_tenant_edited() -> str:
    head, _, signature = token().split(".")
    return f"{head}.{_part(claims(tid='01936f2e-0000-7000-8000-0000000000ff'))}.{signature}"


def _unsigned() -> str:
    return f"{_part({'alg': 'none', 'typ': 'at+jwt', 'kid': 'k1'})}.{_part(claims())}."


NOW = claims()["iat"]
BAD_TOKENS: dict[str, Callable[[], str]] = {
    "no algorithm": _unsigned,
    "HMAC with the public key": _signed_with_public_key,
    "another's key under a known kid": lambda: token(signer="other"),
    "unknown kid": lambda: token(kid="k9"),
    "no kid": lambda: token(kid=None),
    "kid is no text": lambda: token(header={"kid": "k1", "crit": ["exp"]}),
    "key brought along": lambda: token(signer="other", kid="other", header={"jwk": jwk("other")}),
    "key by address": lambda: token(signer="other", kid="other", header={"jku": "https://evil.example/jwks"}),
    "wrong audience": lambda: token(aud="frontdesk-internal"),
    "audience among others": lambda: token(aud=["frontdesk-api", "x"]),
    "audience in a list": lambda: token(aud=["frontdesk-api"]),
    "wrong issuer": lambda: token(iss="evil"),
    "expired": lambda: token(exp=NOW - 60),
    "not valid yet": lambda: token(nbf=NOW + 600),
    "issued in the future": lambda: token(iat=NOW + 600),
    "expiry as text": lambda: token(exp=str(NOW + 600)),
    "no expiry": lambda: token(exp=None),
    "no beginning": lambda: token(nbf=None),
    "no issue": lambda: token(iat=None),
    "no subject": lambda: token(sub=None),
    "no id": lambda: token(jti=None),
    "no issuer": lambda: token(iss=None),
    "no audience": lambda: token(aud=None),
    "plain JWT": lambda: token(header={"typ": "JWT"}),
    "refresh token as access token": lambda: token(header={"typ": "rt+jwt"}),
    "no type": lambda: token(header={"typ": None}),
    "no tenant": lambda: token(tid=None),
    "tenant is no id": lambda: token(tid="*"),
    "tenant is no text": lambda: token(tid=7),
    "subject is no id": lambda: token(sub="root"),
    "no role": lambda: token(rol=None),
    "unknown role": lambda: token(rol="GOD"),
    "role is a list": lambda: token(rol=["OWNER"]),
    "signature stripped": lambda: token().rsplit(".", 1)[0] + ".",
    "tenant edited": _with_tenant_edited,
    "5 KB": lambda: token(extra="x" * 5000),
    "not a token": lambda: "abc",
    "three dots": lambda: "...",
    "umlaut": lambda: "tök.en.x",
}


def _refusal(client: FlaskClient, headers: Any) -> dict[str, Any]:
    response = client.get(ME, headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    body: dict[str, Any] = response.get_json()
    del body["requestId"]
    return body


@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS)
def test_a_bad_token_is_refused_like_a_missing_one(client: FlaskClient, rpc: FakeRpc, make: Callable[[], str]) -> None:
    assert _refusal(client, {"Authorization": f"Bearer {make()}"}) == _refusal(client, {})
    assert rpc.commands == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic YTpi"},
        {"Authorization": f"Bearer {token()},Bearer {token()}"},
        {"Authorization": f"Bearer  {token()}"},
        {"Authorization": f"Bearer {token()} "[:-1] + "\t"},
        [("Authorization", f"Bearer {token()}"), ("Authorization", f"Bearer {token()}")],
    ],
)
def test_only_one_bearer_header_counts(client: FlaskClient, headers: Any) -> None:
    assert _refusal(client, headers) == _refusal(client, {})


def test_a_good_token_says_who_calls(client: FlaskClient, rpc: FakeRpc) -> None:
    assert client.get(ME, headers=bearer(Role.STAFF)).status_code == 200
    context = rpc.commands[0].context
    assert (context.user_id, context.tenant_id, context.role, context.caller) == (USER, TENANT, "STAFF", USER)


def test_the_scheme_is_read_in_any_case(client: FlaskClient) -> None:
    assert client.get(ME, headers={"Authorization": f"bearer {token()}"}).status_code == 200


def test_a_clock_half_a_minute_apart_is_forgiven(client: FlaskClient) -> None:
    assert client.get(ME, headers=bearer(nbf=NOW + 25, iat=NOW + 25)).status_code == 200


def test_a_super_admin_has_no_tenant_but_also_no_tenants_routes(client: FlaskClient, rpc: FakeRpc) -> None:
    headers = bearer(Role.SUPER_ADMIN, tid=None)
    assert client.get(ME, headers=headers).status_code == 200
    refused = client.get("/api/v1/tenant", headers=headers)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "gateway.tenant_needed")
    assert rpc.commands[-1].context.tenant_id is None


def test_a_good_token_is_remembered_until_it_expires(client: FlaskClient) -> None:
    with time_machine.travel(NOW, tick=True) as clock:
        headers = bearer(exp=NOW + 60)
        assert [client.get(ME, headers=headers).status_code for _ in range(3)] == [200] * 3
        clock.shift(100)
        assert client.get(ME, headers=headers).status_code == 401


def test_keys_are_asked_for_once(client: FlaskClient, rpc: FakeRpc) -> None:
    for _ in range(5):
        client.get(ME, headers=bearer())
    assert sum(isinstance(asked.request, GetJwks) for asked in rpc.asked) == 1


def test_unknown_kids_do_not_make_us_ask_again_and_again(client: FlaskClient, rpc: FakeRpc) -> None:
    client.get(ME, headers=bearer())
    for number in range(20):
        client.get(ME, headers={"Authorization": f"Bearer {token(kid=f'x{number}')}"})
    assert sum(isinstance(asked.request, GetJwks) for asked in rpc.asked) == 1


def test_without_any_key_it_is_our_fault_not_the_callers(client: FlaskClient, rpc: FakeRpc) -> None:
    rpc.refuse("auth.get_jwks", Unavailable())
    response = client.get(ME, headers=bearer())
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")


def test_a_key_of_another_kind_is_not_taken(client: FlaskClient, rpc: FakeRpc) -> None:
    rpc.jwks = [{"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "k1", "alg": "HS256"}]
    forged = jwt.encode(claims(), b"secret" * 6, algorithm="HS256", headers={"typ": "at+jwt", "kid": "k1"})
    assert client.get(ME, headers={"Authorization": f"Bearer {forged}"}).status_code == 401
