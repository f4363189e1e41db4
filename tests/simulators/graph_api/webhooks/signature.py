"""The bytes of a webhook and the signature over exactly these bytes."""

import hashlib
import hmac
import json

from tests.simulators.graph_api.wire import JsonObject


def render(payload: JsonObject) -> bytes:
    r"""Return compact JSON with every non-ASCII character as `\uXXXX` and every `/` as `\/`."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def sign(secret: str, body: bytes) -> str:
    """Return the value of `X-Hub-Signature-256` for a body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
