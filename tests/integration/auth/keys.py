"""Values for the settings that hold keys."""

from __future__ import annotations

import base64
import json
import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def signing_keys() -> str:
    """One fresh key."""
    key = ec.generate_private_key(ec.SECP256R1())
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps([{"kid": "test", "private_key": text}])


def envelope_keys(kid: str = "test") -> str:
    """One fresh key."""
    return f"{kid}:{base64.b64encode(secrets.token_bytes(32)).decode()}"
