"""The secrets of one local system: made at its first run, kept beside its data."""

import base64
import json
import secrets
import string
from collections.abc import Callable, Mapping

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from deploy.local import envfile
from deploy.local.databases import DATABASES
from deploy.local.layout import Layout

_PASSWORD_LENGTH = 16


def load_credentials(layout: Layout) -> dict[str, str]:
    """Return the secrets by variable name; missing ones are made and stored."""
    stored = envfile.read(layout.secrets_file)
    made = {name: make() for name, make in _recipes().items() if name not in stored}
    if made:
        stored |= made
        envfile.write(layout.secrets_file, stored)
    return stored


def _recipes() -> Mapping[str, Callable[[], str]]:
    recipes: dict[str, Callable[[], str]] = {
        "POSTGRES_PASSWORD": _password,
        "RABBITMQ_PASSWORD": _password,
        "META_APP_SECRET": lambda: secrets.token_hex(16),
        "META_VERIFY_TOKEN": lambda: secrets.token_hex(16),
        "AUTH_SIGNING_KEYS": _signing_keys,
        "AUTH_ENVELOPE_KEYS": _envelope_keys,
        "ENVELOPE_KEYS": _envelope_keys,
        "TELEGRAM_WEBHOOK_KEY": lambda: secrets.token_hex(32),
        "DEMO_PASSWORD": demo_password,
    }
    for database in DATABASES:
        recipes[f"{database.upper()}_OWNER_PASSWORD"] = _password
        recipes[f"{database.upper()}_APP_PASSWORD"] = _password
    return recipes


def _password() -> str:
    return secrets.token_hex(16)


def _signing_keys() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return json.dumps([{"kid": secrets.token_hex(4), "private_key": pem.decode()}])


def _envelope_keys() -> str:
    return f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def demo_password() -> str:
    """Return a random password with at least one capital, one small letter and one digit."""
    kinds = (string.ascii_uppercase, string.ascii_lowercase, string.digits)
    sure = [secrets.choice(kind) for kind in kinds]
    rest = [secrets.choice("".join(kinds)) for _ in range(_PASSWORD_LENGTH - len(sure))]
    letters = sure + rest
    secrets.SystemRandom().shuffle(letters)
    return "".join(letters)
