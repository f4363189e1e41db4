"""Secrets are made once, and fit what they are for."""

import base64
import json
import re
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from deploy.local.credentials import demo_password, load_credentials
from deploy.local.layout import Layout, layout_at


def _layout(folder: Path) -> Layout:
    layout = layout_at(folder)
    layout.create()
    return layout


def test_they_stay_the_same(tmp_path: Path) -> None:
    assert load_credentials(_layout(tmp_path)) == load_credentials(_layout(tmp_path))


def test_two_systems_have_different_ones(tmp_path: Path) -> None:
    first, second = (load_credentials(_layout(tmp_path / name)) for name in ("a", "b"))
    assert not set(first.values()) & set(second.values())


def test_the_demo_password_keeps_the_rule() -> None:
    for _ in range(50):
        password = demo_password()
        assert len(password) >= 8
        assert all(re.search(kind, password) for kind in ("[A-Z]", "[a-z]", "[0-9]"))


def test_tokens_are_signed_with_es256(tmp_path: Path) -> None:
    (entry,) = json.loads(load_credentials(_layout(tmp_path))["AUTH_SIGNING_KEYS"])
    key = load_pem_private_key(entry["private_key"].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == "secp256r1"
    assert entry["kid"]


def test_the_envelope_key_has_32_bytes(tmp_path: Path) -> None:
    kid, _, encoded = load_credentials(_layout(tmp_path))["ENVELOPE_KEYS"].partition(":")
    assert kid
    assert len(base64.b64decode(encoded, validate=True)) == 32
