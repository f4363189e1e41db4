"""Overrides of the callback URL, and the handshake that proves the URL belongs to who set it."""

import asyncio
import secrets
import urllib.error
import urllib.parse
import urllib.request

from tests.simulators.graph_api.businesses import Override
from tests.simulators.graph_api.errors import GraphError
from tests.simulators.graph_api.validation.content import WEB_ADDRESS
from tests.simulators.graph_api.validation.shape import Members, Text
from tests.simulators.graph_api.wire import JsonObject

HANDSHAKE_SECONDS = 10.0
OVERRIDE = Members({"override_callback_uri": Text(200, pattern=WEB_ADDRESS), "verify_token": Text()})


async def verified_override(body: JsonObject) -> Override:
    """Return the override that a body asks for, once its URL has echoed a challenge."""
    OVERRIDE.check(body, "webhook_configuration")
    override = Override(body["override_callback_uri"], body["verify_token"])
    challenge = str(secrets.randbelow(9 * 10**9) + 10**9)
    status, echoed = await shake_hands(override.callback_uri, override.verify_token, challenge)
    if status != 200 or echoed != challenge:
        raise GraphError(2200, f"The callback answered {status} instead of echoing the challenge.")
    return override


async def shake_hands(url: str, verify_token: str, challenge: str) -> tuple[int | None, str]:
    """Send the verification request of a callback URL; return its status and body."""
    query = {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify_token}
    return await asyncio.to_thread(_get, f"{url}?{urllib.parse.urlencode(query)}")


def _get(url: str) -> tuple[int | None, str]:
    request = urllib.request.Request(url, headers={"User-Agent": "facebookplatform/1.0"})  # noqa: S310 - checked to be http(s) by the caller
    try:
        with urllib.request.urlopen(request, timeout=HANDSHAKE_SECONDS) as answer:  # noqa: S310 - likewise
            return answer.status, answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode("utf-8", "replace")
    except OSError as failure:
        return None, repr(failure)
