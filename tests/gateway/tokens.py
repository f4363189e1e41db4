"""Makes access tokens, good ones and bad ones."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from services.common.contracts.auth import Role

USER = "01936f2e-0000-7000-8000-00000000000a"
TENANT = "01936f2e-0000-7000-8000-00000000000b"
SESSION = "01936f2e-0000-7000-8000-00000000000c"


@cache
def key(kid: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def jwk(kid: str) -> dict[str, Any]:
    public = jwt.algorithms.ECAlgorithm.to_jwk(key(kid).public_key(), as_dict=True)
    return {**public, "kid": kid, "alg": "ES256", "use": "sig"}


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {
        "iss": "frontdesk",
        "aud": "frontdesk-api",
        "iat": now,
        "nbf": now,
        "exp": now + 900,
        "sub": USER,
        "jti": "01936f2e-0000-7000-8000-00000000000d",
        "tid": TENANT,
        "rol": "OWNER",
        "sid": SESSION,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not None}


def token(*, kid: str | None = "k1", signer: str = "k1", header: dict[str, Any] | None = None, **changes: Any) -> str:
    headers = {"typ": "at+jwt", **({} if kid is None else {"kid": kid}), **(header or {})}
    return jwt.encode(claims(**changes), key(signer), algorithm="ES256", headers=headers)


def bearer(role: Role | str = Role.OWNER, **changes: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(rol=str(role), **changes)}"}
